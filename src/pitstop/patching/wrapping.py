"""Breaking of lines that an edit made too long, in the way black and ruff break them."""

from __future__ import annotations

import ast
import io
import itertools
import tokenize
from collections.abc import Iterable, Sequence

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, apply_edits
from pitstop.patching.python import Source

_OPENING, _CLOSING = "([{", ")]}"
_SKIP = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def finish(source: Source, edits: Iterable[Edit]) -> FileChange:
    """The file with all edits in place; lines that they made longer than the formatter allows are broken.

    A line that was too long before, that carries a comment or that is part of a longer statement stays as it is. Raises
    PatchError if the edits don't fit or the result does not parse.
    """
    chosen = list(edits)
    text = apply_edits(source.text, chosen)
    after = Source(source.path, text, source.line_length)
    for number in sorted(_grown(source, after, chosen), reverse=True):
        line = after.line_text(number)
        body = line.rstrip("\r\n")
        broken = break_line(body, after.indent_unit, after.line_length)
        if broken == [body]:
            continue
        start = after.line_start(number)
        put = after.newline.join(broken) + line[len(body) :]
        try:
            tried = after.apply([after.edit(start, start + len(line.encode()), put)])
        except PatchError:
            continue
        if ast.dump(tried.tree) == ast.dump(after.tree):
            after = tried
    return FileChange(path=source.path, before=source.text, after=after.text)


def lines_of(after: Source, edits: Sequence[Edit], some: Sequence[Edit]) -> set[int]:
    """The lines that some of the edits have made."""
    found: set[int] = set()
    shift = 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        size = len(edit.text.encode())
        if edit in some:
            first = after.line_of(edit.start + shift)
            found.update(range(first, after.line_of(edit.start + shift + size) + 1))
        shift += size - (edit.end - edit.start)
    return found


def _grown(source: Source, after: Source, edits: Sequence[Edit]) -> set[int]:
    """Lines of the new text that an edit touched and that are too long, but were not before."""
    limit = source.line_length
    grown: set[int] = set()
    shift = 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        size = len(edit.text.encode())
        begin, first = edit.start + shift, source.line_of(edit.start)
        new_lines = edit.start == edit.end == source.line_start(first) and edit.text.endswith(("\n", "\r"))
        replaced = () if new_lines else range(first, source.line_of(edit.end) + 1)
        if all(len(source.line_text(number).rstrip()) <= limit for number in replaced):
            grown.update(range(after.line_of(begin), after.line_of(begin + size - new_lines) + 1))
        shift += size - (edit.end - edit.start)
    whole = _whole_lines(after)
    return {n for n in grown if n in whole and len(after.line_text(n).rstrip()) > limit}


def _whole_lines(source: Source) -> set[int]:
    """Lines that hold one whole logical line each, and no comment."""
    whole: set[int] = set()
    begin = 0
    commented = False
    for token in source.tokens:
        if token.type == tokenize.COMMENT:
            commented = True
        elif token.type == tokenize.NEWLINE:
            if begin == token.start[0] and not commented:
                whole.add(begin)
            begin, commented = 0, False
        elif token.type == tokenize.NL:
            commented = commented and bool(begin)
        elif not begin and token.type not in _SKIP:
            begin = token.start[0]
    return whole


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of a line with their places; an f-string is one word."""
    words: list[tuple[str, int, int]] = []
    depth, start = 0, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):
            start = start if depth else token.start[1]
            depth += 1
        elif name.endswith("STRING_END"):
            depth -= 1
            if not depth:
                words.append((text[start : token.end[1]], start, token.end[1]))
        elif not depth and token.type not in _SKIP:
            words.append((token.string, token.start[1], token.end[1]))
    return words


def break_line(line: str, unit: str, limit: int) -> list[str]:
    """A line as several that fit, or as it was where there is no bracket to break at.

    `unit` is one step of indentation, `limit` the number of characters that fit.
    """
    text = line.lstrip(" \t")
    indent = line[: len(line) - len(text)]
    if len(line) <= limit:
        return [line]
    try:
        words = _tokens(text)
    except (tokenize.TokenError, SyntaxError):
        return [line]
    if words[0][0] == "from" and all(word not in "()" for word, _, _ in words):
        head, _, names = text.partition(" import ")
        each = [f"{indent}{unit}{name.strip()}," for name in names.split(",") if name.strip()]
        return [f"{indent}{head} import (", *each, f"{indent})"]
    is_def = words[0][0] == "def" or [word for word, _, _ in words[:2]] == ["async", "def"]
    pair = _brackets(words, first=is_def)
    if pair is None:
        return [line]
    (_, _, head_end), (_, tail_start, _) = words[pair[0]], words[pair[1]]
    body = _split_body(text, words, pair, indent + unit, limit, is_def)
    broken = [indent + text[:head_end]]
    for part in body:
        broken += break_line(part, unit, limit)
    broken.append(indent + text[tail_start:])
    return broken


def _brackets(words: Sequence[tuple[str, int, int]], *, first: bool) -> tuple[int, int] | None:
    """The places of the pair of brackets to break at: the last that holds anything, or of a `def` the first."""
    stack: list[int] = []
    pairs: list[tuple[int, int]] = []
    for place, (word, _, _) in enumerate(words):
        if word in _OPENING:
            stack.append(place)
        elif word in _CLOSING:
            if not stack:
                return None
            pairs.append((stack.pop(), place))
            if first and not stack:
                break
    outer = [pair for pair in pairs if pair[1] - pair[0] > 1]
    return max(outer, key=lambda pair: pair[1]) if outer and not stack else None


def _split_body(
    text: str,
    words: Sequence[tuple[str, int, int]],
    pair: tuple[int, int],
    indent: str,
    limit: int,
    is_def: bool,
) -> list[str]:
    inner = words[pair[0] + 1 : pair[1]]
    content = text[inner[0][1] : inner[-1][2]]
    depth = 0
    flat: list[tuple[str, int, int]] = []
    for word, start, end in inner:
        depth -= word in _CLOSING
        if not depth and word not in _OPENING:
            flat.append((word, start, end))
        depth += word in _OPENING
    has = {word for word, _, _ in flat}
    trailing = inner[-1][0] == ","
    is_call = pair[0] > 0 and (words[pair[0] - 1][0].isidentifier() or words[pair[0] - 1][0] in ")]")
    if len(indent + content) <= limit and not trailing:
        # black ends a lone parameter with a comma, but not several that fit on one line
        return [indent + content + ("," if is_def and "," not in has else "")]
    if "for" in has and "lambda" not in has:
        cuts = [start for word, start, _ in flat if word in ("for", "if")]
        return [indent + part for part in _cut(text, inner[0][1], inner[-1][2], cuts)]
    if "," in has or (is_call and words[pair[0]][0] == "("):
        if "lambda" in has:
            return [indent + content]
        starts = [end for word, _, end in flat if word == ","]
        parts = [part.rstrip(",").rstrip() for part in _cut(text, inner[0][1], inner[-1][2], starts)]
        return [f"{indent}{part}," for part in parts if part]
    for words_between in (("if", "else"), ("and", "or")):
        cuts = [start for word, start, _ in flat if word in words_between]
        if cuts:
            return [indent + part for part in _cut(text, inner[0][1], inner[-1][2], cuts)]
    return [indent + content]


def _cut(text: str, start: int, end: int, cuts: Iterable[int]) -> list[str]:
    places = [start, *cuts, end]
    return [text[a:b].strip() for a, b in itertools.pairwise(places)]
