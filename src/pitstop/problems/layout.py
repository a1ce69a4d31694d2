"""Statements laid out as black and ruff lay them out: what a fix writes or lengthens looks like the code around it."""

from __future__ import annotations

import ast
import io
import itertools
import keyword
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, apply_edits, changed_lines
from pitstop.patching.python import Source
from pitstop.patching.wrapping import finish, lines_of

_SHORTEST = 88
"""The line length of formatters that nobody has told one."""
_OPENING, _CLOSING = "([{", ")]}"
_SKIP = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_Headed = ast.For | ast.If | ast.While
_Simple = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return | _Headed
_COMPARISONS = {"==", "!=", "<", ">", "<=", ">=", "in", "is"}
_TESTS = {"if", "elif", "while"}


@dataclass(frozen=True, slots=True)
class _Style:
    unit: str
    limit: int


def settle(source: Source, edits: Iterable[Edit]) -> FileChange:
    """The file with all edits in place, laid out as the formatter would have it.

    Statements that were in the formatter's style stay in it, those that became too long are broken. One that was in another style before, or that holds a
    comment, stays as the edits leave it; where all are such, or one gets too long, `wrapping.finish` breaks their lines. Raises PatchError if the edits don't fit or
    the result does not parse.
    """
    chosen = list(dict.fromkeys(edits))
    text = apply_edits(source.text, chosen)
    after = Source(source.path, text, source.line_length)
    others = _in_other_style(source, chosen)
    if others:
        shorter = Source(source.path, source.text, min(source.line_length, _SHORTEST))
        if shorter.line_length < source.line_length and not _in_other_style(shorter, chosen):
            # Some lines of the project are longer, as those that no formatter can break; these statements are not.
            source, after, others = shorter, shorter.apply(chosen), []
        elif len(others) == len(chosen):
            return finish(source, chosen)
    left = lines_of(after, chosen, others)
    if any(len(after.line_text(number).rstrip()) > after.line_length for number in left):
        return finish(source, chosen)
    touched = changed_lines(FileChange(path=source.path, before=source.text, after=text))
    last = len(text)
    for number in sorted(touched - left, reverse=True):
        statement = _statement_at(after, number) if number < last else None
        if statement is not None:
            last = statement.lineno
            after = _laid_out(after, statement)
        elif number < last and len(after.line_text(number).rstrip()) > after.line_length:
            return finish(source, chosen)
    return FileChange(path=source.path, before=source.text, after=after.text)


def _statement_at(source: Source, line: int) -> _Simple | None:
    """The statement that a line belongs to, if it is one that can be laid out."""
    found: ast.stmt | None = None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            found = node if found is None or node.lineno >= found.lineno else found
    if not isinstance(found, _Simple) or line > _last_line(source, found):
        return None
    return found


def _last_line(source: Source, statement: _Simple) -> int:
    """The last line of a simple statement, or of a loop's or a condition's header; with its body if that stands on it."""
    if not isinstance(statement, _Headed):
        return statement.end_lineno or statement.lineno
    value = statement.iter if isinstance(statement, ast.For) else statement.test
    first, body = value.end_lineno or statement.lineno, statement.body[0].lineno
    ends = (n for n in range(first, body) if source.line_text(n).rstrip().endswith(":"))
    return next(ends, body)


def _in_other_style(source: Source, edits: Sequence[Edit]) -> list[Edit]:
    """Those of the edits that stand in statements which are not written as this module would write them."""
    found = []
    for edit in edits:
        line = source.line_of(edit.start)
        if edit.start == edit.end == source.line_start(line):
            continue
        statement = _statement_at(source, line)
        if statement is not None and _laid_out(source, statement).text != source.text:
            found.append(edit)
    return found


def _laid_out(source: Source, statement: _Simple) -> Source:
    """The source with one statement in the formatter's style; as it was where that cannot be done safely."""
    first, last = statement.lineno, _last_line(source, statement)
    start, end = source.line_start(first), source.line_start(last + 1)
    body = source.data[start:end].decode()
    ending = body[len(body.rstrip("\r\n")) :]
    indent = source.indentation(statement)
    line = one_line(body)
    if line is None:
        return source
    lines = lay_out(line, indent, source.indent_unit, source.line_length)
    try:
        tried = source.apply([source.edit(start, end, source.newline.join(lines) + ending)])
    except PatchError:
        return source
    return tried if ast.dump(tried.tree) == ast.dump(source.tree) else source


def one_line(text: str) -> str | None:
    """A statement on one line, trailing commas kept.

    None where it holds what is laid out by rules of its own: a comment, a lambda, strings side by side or of several lines.
    """
    words = _words(text.strip())
    if words is None or any("\n" in word or word == "lambda" for word, *_ in words):
        return None
    joined = words[0][0]
    for (before, _, end), (word, start, _) in itertools.pairwise(words):
        if before[-1] in "\"'" and word.lstrip("rRbBuUfF")[:1] in {'"', "'"}:
            return None
        gap = "" if start == end else " "
        if start[0] != end[0]:
            gap = "" if before in _OPENING or word in _CLOSING or word in ".[" or before == "." else " "
        joined += gap + word
    return joined


_Place = tuple[int, int]


def _words(text: str) -> list[tuple[str, _Place, _Place]] | None:
    """The words of a text with their places; an f-string is one word. None for a comment or what does not tokenize."""
    words: list[tuple[str, _Place, _Place]] = []
    lines = text.split("\n")
    depth, opened = 0, (0, 0)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            name = tokenize.tok_name[token.type]
            if token.type == tokenize.COMMENT:
                return None
            if name.endswith("STRING_START"):
                opened = opened if depth else token.start
                depth += 1
            elif name.endswith("STRING_END"):
                depth -= 1
                if not depth and opened[0] == token.end[0]:
                    words.append((lines[opened[0] - 1][opened[1] : token.end[1]], opened, token.end))
                elif not depth:
                    return None
            elif not depth and token.type not in _SKIP:
                words.append((token.string, token.start, token.end))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return None
    return words or None


def lay_out(line: str, indent: str, unit: str, limit: int) -> list[str]:
    """One logical line as the lines that black would make of it, each with its indentation."""
    style = _Style(unit, limit)
    if len(indent + line) <= limit and not _explodes(line):
        return [indent + line]
    head, value, tail = _right_side(line)
    inner = _stripped(value)
    if inner is not None and not _is_tuple(inner):
        if len(f"{indent}{head}{inner}{tail}") <= limit and not _explodes(inner):
            return [f"{indent}{head}{inner}{tail}"]
        value = inner
    if head and value.startswith("(await ") and len(_delimiters(value)[1]) < 2:
        return _split_awaited(head, value, tail, indent, style)
    if head and _needs_parentheses(value, f"{indent}{head}", indent + unit, limit):
        return [
            f"{indent}{head}(",
            *_body(value, indent + unit, style, call=False),
            f"{indent}){tail}",
        ]
    return _split_last(f"{head}{value}{tail}", indent, style)


def _right_side(line: str) -> tuple[str, str, str]:
    """What stands before the value of a statement, the value, and what ends it."""
    words = _flat(line)
    if words and words[0][0] == "return":
        return "return ", line[len("return ") :], ""
    if words and words[0][0] in _TESTS:
        at = words[0][2]
        return line[:at] + " ", line[at:].strip().removesuffix(":"), ":"
    if words and words[0][0] == "for":
        at = next((start for word, start, _ in words if word == "in"), 0)
        return line[: at + 3], line[at + 3 :].removesuffix(":"), ":"
    equals = [
        (start, end)
        for word, start, end in words
        if word.endswith("=") and word not in {"==", "!=", "<=", ">="}
    ]
    if equals:
        end = equals[-1][1]
        return line[:end] + " ", line[end:].strip(), ""
    return "", line, ""


def _flat(text: str) -> list[tuple[str, int, int]]:
    """The words of a line that stand in no bracket, and the brackets themselves."""
    flat: list[tuple[str, int, int]] = []
    depth = 0
    for word, start, end in _words(text) or ():
        depth -= word in _CLOSING
        if not depth:
            flat.append((word, start[1], end[1]))
        depth += word in _OPENING
    return flat


def _explodes(text: str) -> bool:
    """Whether a trailing comma asks for one item a line."""
    words = _words(text) or []
    stack: list[tuple[int, bool]] = []
    for place, (word, _, _) in enumerate(words):
        if word in _OPENING:
            before = words[place - 1][0] if place else ""
            is_call = word == "(" and _is_called(before)
            stack.append((0, is_call or word in "[{"))
        elif word == "," and stack:
            stack[-1] = (stack[-1][0] + 1, stack[-1][1])
        elif word in _CLOSING and stack:
            commas, counts = stack.pop()
            if words[place - 1][0] == "," and (counts or commas > 1):
                return True
    return False


def _is_called(word: str) -> bool:
    """Whether a parenthesis after this word holds arguments."""
    return word[-1:] in set(")]") or (word.rpartition(".")[2].isidentifier() and not keyword.iskeyword(word))


def _stripped(value: str) -> str | None:
    """A value without the parentheses around the whole of it."""
    flat = _flat(value)
    if len(flat) == 2 and flat[0][0] == "(" and flat[1][0] == ")" and flat[1][2] == len(value):
        return value[1:-1].strip()
    return None


def _is_tuple(text: str) -> bool:
    return not text or any(word in {",", "for", "yield", ":="} for word, _, _ in _flat(text))


def _needs_parentheses(value: str, before: str, indent: str, limit: int) -> bool:
    """Whether a value is broken inside of parentheses of its own and not at its last bracket."""
    _, cuts = _delimiters(value)
    if len(cuts) > 1:
        return True
    flat = _flat(value)
    pair = _last_pair(flat)
    if pair is None or flat[-1][2] != len(value) or flat[-1][0] not in _CLOSING:
        return len(flat) > 1 or len(f"{indent}{value}") <= limit
    return len(before) + pair[0] + 1 > limit


def _delimiters(text: str) -> tuple[str, list[int]]:
    """The kind of the strongest delimiters in a line, and where to cut for them."""
    flat = _flat(text)
    names = {word for word, _, _ in flat}
    if "lambda" in names:
        return "", []
    if "for" in names:
        first = next(start for word, start, _ in flat if word == "for")
        return "comprehension", [s for w, s, _ in flat if s >= first > 0 and w in {"for", "if"}]
    if "," in names:
        return "comma", [end for word, _, end in flat if word == ","]
    for kind, words in (("ternary", {"if", "else"}), ("logic", {"and", "or"})):
        cuts = [start for word, start, _ in flat if word in words and start]
        if cuts:
            return kind, cuts
    compared = _comparisons(flat)
    if compared:
        return "comparison", compared
    for words in ({"|"}, {"&"}, {"+", "-"}, {"*", "/", "%", "//"}):
        cuts = [s for w, s, _ in flat if w in words and s and not text[:s].rstrip().endswith(("=", "("))]
        if cuts:
            return "arithmetic", cuts
    dots = _dots(flat)
    return ("dot", dots) if len(dots) > 1 else ("", [])


def _comparisons(flat: Sequence[tuple[str, int, int]]) -> list[int]:
    """Where comparisons stand: `not in` and `is not` are one, and a `not` before a value is none."""
    return [
        start
        for (before, _, _), (word, start, _), (after, _, _) in zip(flat, flat[1:], flat[2:], strict=False)
        if (word in _COMPARISONS and (word, before) != ("in", "not")) or (word == "not" and after == "in")
    ]


def _dots(flat: Sequence[tuple[str, int, int]]) -> list[int]:
    """Dots of method calls that follow a call: not those of `module.name`."""
    return [
        start
        for (before, _, _), (word, start, _) in itertools.pairwise(flat)
        if word == "." and before in _CLOSING
    ]


def _last_pair(flat: Sequence[tuple[str, int, int]]) -> tuple[int, int] | None:
    """Where the last bracket that holds anything opens and closes."""
    for (word, _, end), (_, start, _) in reversed(list(itertools.pairwise(flat))):
        if word in _OPENING and start > end:
            return end - 1, start
    return None


def _split_awaited(head: str, value: str, tail: str, indent: str, style: _Style) -> list[str]:
    """`(await f(a)).json()["b"]` broken at the first bracket after which the line would be too long before the next one opens."""
    flat = _flat(value)
    pairs = [
        (end, start)
        for (word, _, end), (_, start, _) in itertools.pairwise(flat)
        if word in _OPENING and start > end
    ]
    for place, (opening, closing) in enumerate(pairs):
        until = pairs[place + 1][0] if place + 1 < len(pairs) else len(f"{value}{tail}")
        if len(f"{indent}{head}") + until > style.limit:
            return [
                f"{indent}{head}{value[:opening]}",
                *_body(value[opening:closing].strip(), indent + style.unit, style, call=place > 0),
                f"{indent}{value[closing:]}{tail}",
            ]
    return [f"{indent}{head}{value}{tail}"]


def _split_last(line: str, indent: str, style: _Style) -> list[str]:
    """A line broken at its last bracket."""
    flat = _flat(line)
    pair = _last_pair(flat)
    if pair is None:
        return [indent + line]
    opening, closing = pair
    before = line[:opening].rstrip()
    called = _is_called(before.rpartition(" ")[2])
    call = line[opening] == "(" and called
    content = line[opening + 1 : closing].strip()
    if not called and _delimiters(content)[0] == "comma" and not content.endswith(","):
        content += ","  # Of a tuple, list, set or dictionary each item has its line; arguments may share one.
    return [
        indent + line[: opening + 1],
        *_body(content, indent + style.unit, style, call=call or line[opening] in "[{"),
        indent + line[closing:],
    ]


def _body(content: str, indent: str, style: _Style, *, call: bool) -> list[str]:
    """What stands between brackets, on one line if it fits, else cut at its strongest delimiters."""
    kind, cuts = _delimiters(content)
    trailing = kind == "comma" and content.endswith(",")
    if len(indent + content) <= style.limit and not trailing and not _explodes(content):
        return [indent + content]
    if kind == "comma":
        flat = _flat(content)
        starred = any(
            word in {"*", "**"} and (not s or content[:s].rstrip().endswith(",")) for word, s, _ in flat
        )
        parts = [part.rstrip(",").rstrip() for part in _cut(content, cuts)]
        parts = [part for part in parts if part]
        comma = "," if call or len(parts) > 1 or not starred else ""
        return [line for part in parts for line in _piece(part, indent, style, end=comma)]
    if cuts:
        return [line for part in _cut(content, cuts) for line in _piece(part, indent, style)]
    return _piece(content, indent, style)


def _piece(part: str, indent: str, style: _Style, end: str = "") -> list[str]:
    """One part of a body; broken again where it does not fit."""
    if len(indent + part + end) <= style.limit and not _explodes(part):
        return [indent + part + end]
    kind, cuts = _delimiters(part)
    if kind in {"dot", "ternary", "logic", "comparison", "arithmetic"}:
        lines = [line for cut in _cut(part, cuts) for line in _piece(cut, indent, style)]
        return [*lines[:-1], lines[-1] + end]
    lines = _split_last(part, indent, style)
    return [*lines[:-1], lines[-1] + end]


def _cut(text: str, cuts: Iterable[int]) -> list[str]:
    places = [0, *cuts, len(text)]
    return [text[a:b].strip() for a, b in itertools.pairwise(places)]
