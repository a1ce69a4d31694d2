"""Strings with expressions in them, taken apart: what is text, what is worked out, and where in the file each stands."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from pitstop.errors import PatchError
from pitstop.patching.python import Source

_OPENS = re.compile(r"([rRbBuUfF]{0,2})(\"\"\"|'''|\"|')")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a string's own text, or one `{...}` of it. `value` is the expression of the latter, `text` as it is written."""

    token: int
    text: str
    value: ast.FormattedValue | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """One of the strings side by side that make a text: its prefix, its quotes, and what stands between it and the one before."""

    before: str
    prefix: str
    quote: str


def take_apart(source: Source, node: ast.JoinedStr) -> tuple[list[Token], list[Piece]]:
    """The strings of an f-string and their pieces, in order. Raises PatchError where it cannot be read."""
    written = source.segment(node)
    tokens: list[Token] = []
    pieces: list[Piece] = []
    position = before = 0
    while position < len(written):
        found = _OPENS.match(written, position)
        if found is None:
            if not written[position].isspace():
                raise PatchError("more than strings stands between the parts of the text")
            position += 1
            continue
        tokens.append(Token(written[before:position], found[1], found[2]))
        position = _read(written, found, len(tokens) - 1, pieces)
        before = position
    values = [value for value in node.values if isinstance(value, ast.FormattedValue)]
    holes = [
        place
        for place, piece in enumerate(pieces)
        if piece.text.startswith("{") and not piece.text.startswith("{{")
    ]
    holes = [place for place in holes if "f" in tokens[pieces[place].token].prefix.lower()]
    if len(holes) != len(values):
        raise PatchError("the text is written in a way that cannot be taken apart")
    for place, value in zip(holes, values, strict=True):
        pieces[place] = Piece(pieces[place].token, pieces[place].text, value)
    return tokens, pieces


def _read(written: str, opened: re.Match[str], token: int, pieces: list[Piece]) -> int:
    """Add the pieces of one string; where it ends."""
    is_format, is_raw = ("f" in opened[1].lower()), ("r" in opened[1].lower())
    quote = opened[2]
    position = start = opened.end()
    while position < len(written):
        if written.startswith(quote, position):
            _add(pieces, token, written[start:position])
            return position + len(quote)
        if written[position] == "\\" and not is_raw:
            position += 2
        elif is_format and written[position] == "{" and not written.startswith("{{", position):
            _add(pieces, token, written[start:position])
            end = _closing(written, position)
            pieces.append(Piece(token, written[position:end]))
            position = start = end
        else:
            position += 2 if is_format and written[position : position + 2] in {"{{", "}}"} else 1
    raise PatchError("the text is written in a way that cannot be taken apart")


def _add(pieces: list[Piece], token: int, text: str) -> None:
    if text:
        pieces.append(Piece(token, text))


def _closing(written: str, position: int) -> int:
    """Where the `{...}` that begins at a position ends."""
    stack: list[str] = []
    while position < len(written):
        character = written[position]
        if character in "\"'":
            position = written.find(character, position + 1)
            if position < 0:
                break
        elif character in _BRACKETS:
            stack.append(_BRACKETS[character])
        elif stack and character == stack[-1]:
            stack.pop()
            if not stack:
                return position + 1
        position += 1
    raise PatchError("the text is written in a way that cannot be taken apart")


def put_together(tokens: list[Token], pieces: list[Piece]) -> str:
    """The strings with other pieces; one that has no expression any more is no f-string any more."""
    written = ""
    for number, token in enumerate(tokens):
        own = [piece for piece in pieces if piece.token == number]
        text = "".join(piece.text for piece in own)
        prefix = token.prefix
        if "f" in prefix.lower() and all(piece.value is None for piece in own):
            prefix = prefix.translate({ord("f"): None, ord("F"): None})
            text = text.replace("{{", "{").replace("}}", "}")
        written += f"{token.before}{prefix}{token.quote}{text}{token.quote}"
    return written
