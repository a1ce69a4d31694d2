"""Placeholders of any style found in a statement, so that one driver can run what another one was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pitstop.indexes.asked import Parameters, ParameterStyle

_PLAIN = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|(?<![\w$])\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$"
_ESCAPED = r"(?<![\w$])[eE]'(?:[^'\\]|''|\\.)*'"
_STYLES: Mapping[ParameterStyle, str] = {
    "qmark": r"\?(?P<number>\d+)?",
    "numeric": r"(?<!:):(?P<number>\d+)",
    "numeric_dollar": r"\$(?P<number>\d+)",
    "format": r"%(?:[sbt]|(?P<percent>%))",
    "pyformat": r"%(?:\((?P<name>\w+)\)[sbt]|[sbt]|(?P<percent>%))",
    "named": r"(?<![:\w]):(?P<name>[A-Za-z_]\w*)|[@$](?P<other>[A-Za-z_]\w*)",
}
_PERCENT_STYLES = frozenset({"format", "pyformat"})


class UnboundError(Exception):
    """The values do not fit the placeholders of the statement."""


class Bound(msgspec.Struct, frozen=True):
    """A statement taken apart at its placeholders: `pieces` of text, and between each two the value that stands there.

    A reference is a position in the tuple of values, or a name. The same name is the same reference, and so is a number.
    """

    pieces: tuple[str, ...]
    references: tuple[int | str, ...]

    @property
    def distinct(self) -> tuple[int | str, ...]:
        """Each reference once, in order of appearance."""
        return tuple(dict.fromkeys(self.references))

    def text(self, mark: Callable[[int], str]) -> str:
        """The statement with `mark(n)` for its n-th distinct reference, counted from 1."""
        numbers = {reference: number for number, reference in enumerate(self.distinct, 1)}
        marks = [mark(numbers[reference]) for reference in self.references]
        return "".join(part for pair in zip(self.pieces, [*marks, ""], strict=True) for part in pair)

    def values(self, parameters: Parameters) -> tuple[Any, ...]:
        """The values of the distinct references. Raises UnboundError where one is missing."""
        try:
            if isinstance(parameters, Mapping):
                return tuple(parameters[str(reference)] for reference in self.distinct)
            return tuple(parameters[int(reference)] for reference in self.distinct)
        except (KeyError, IndexError, ValueError) as error:
            raise UnboundError from error


def bind(sql: str, style: ParameterStyle) -> Bound:
    """Find the placeholders of a statement; those in strings, quoted names and comments are none."""
    pattern = re.compile(f"(?P<mark>{_STYLES[style]})|{_ESCAPED}|{_PLAIN}", re.DOTALL)
    pieces, references = [""], list[int | str]()
    end = 0
    for hit in pattern.finditer(sql):
        pieces[-1] += sql[end : hit.start()]
        end = hit.end()
        found = hit.groupdict()
        if found["mark"] is None:
            # these styles write a percent sign twice wherever it stands
            pieces[-1] += hit.group().replace("%%", "%") if style in _PERCENT_STYLES else hit.group()
        elif found.get("percent"):
            pieces[-1] += "%"
        else:
            name = found.get("name") or found.get("other")
            number = found.get("number")
            references.append(name or (int(number) - 1 if number else len(references)))
            pieces.append("")
    pieces[-1] += sql[end:]
    return Bound(tuple(pieces), tuple(references))


def called(sql: str) -> frozenset[str]:
    """Names before a parenthesis, in lower case, without their schema: all functions are among them."""
    text = re.sub(
        f"{_ESCAPED}|{_PLAIN}",
        lambda hit: hit.group() if hit.group()[0] == '"' else " ",
        sql,
        flags=re.DOTALL,
    )
    found = re.findall(r'(?:"((?:[^"]|"")+)"|([A-Za-z_]\w*))\s*\(', text)
    return frozenset((quoted.replace('""', '"') or plain).lower() for quoted, plain in found)
