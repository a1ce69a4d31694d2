"""What a pattern of LIKE or GLOB begins with, as far as the values of one execution tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

_UNKNOWN = "*%"
_WILD = {exp.Like: "%_*", exp.Glob: "*?["}


def beginning_of(part: exp.Like | exp.Glob, values: Mapping[str, Any]) -> str:
    """The text that all matches begin with; empty where there is none or the pattern is not known."""
    pattern = _text(part.expression, values)
    wild = _WILD[type(part)]
    for position, sign in enumerate(pattern):
        if sign in wild:
            return pattern[:position]
    return pattern


def _text(node: exp.Expression, values: Mapping[str, Any]) -> str:
    """A text put together of literals and values; what cannot be told is a wildcard of either kind."""
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    if isinstance(node, exp.Literal):
        return str(node.this)
    if isinstance(node, exp.Placeholder):
        value = values.get(node.name)
        return value if isinstance(value, str) else _UNKNOWN
    if isinstance(node, exp.DPipe):
        return _text(node.this, values) + _text(node.expression, values)
    return _UNKNOWN
