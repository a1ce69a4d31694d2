"""Source for a newer Python than ours, made readable: type parameters are blanked, `type X = Y` reads as `X = Y`.

What is left out carries no behaviour, and every place in the text stays where it was. Grammar that cannot be blanked, such as
quotes nested in an f-string, still fails.
"""

from __future__ import annotations

import re

_HEAD = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)
_BROKEN = re.compile(
    r"^([ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+\w+)([ \t]*\n)+(?=[ \t]*[(:=])", re.MULTILINE
)
_LINE_END = re.compile(r"[ \t]*\n")
_ALIAS = re.compile(r"^([ \t]*)(type[ \t]+)(\w+)([ \t]*=)(?!=)", re.MULTILINE)


def readable(text: str) -> str:
    """The text as an older grammar can parse it."""
    characters = list(text)
    for head in _HEAD.finditer(text):
        end = _closing(text, head.end())
        for position in range(head.end(), end):
            if characters[position] != "\n":
                characters[position] = " "
    # A line break that was inside the brackets may now stand in the middle of a statement.
    blanked = "".join(characters)
    blanked = _BROKEN.sub(_joined, blanked)
    return _ALIAS.sub(lambda m: f"{m[1]}{m[3]}{' ' * len(m[2])}{m[4]}", blanked)


def _joined(match: re.Match[str]) -> str:
    # `\\` keeps the statement together without moving what follows.
    return _LINE_END.sub(r"\\\n", match[0])


def _closing(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`; `start` when none does."""
    depth = 0
    for position in range(start, min(len(text), start + 4000)):
        if text[position] == "[":
            depth += 1
        elif text[position] == "]":
            depth -= 1
            if depth == 0:
                return position + 1
    return start
