"""Types, values and places in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pitstop.contract.document import text_of

if TYPE_CHECKING:
    from pitstop.contract.shapes import Shape

_MOST_VALUES = 8
_LONGEST = 80
_NOUNS = {
    "any": "anything",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "an object",
}


def shown(value: Any) -> str:
    """A value of JSON as it is written; nothing for none."""
    if value is None:
        return ""
    text = text_of(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def listed(values: Sequence[Any]) -> str:
    """Values with commas, the first few of many."""
    texts = [text_of(value) for value in values[:_MOST_VALUES]]
    more = [f"{len(values) - _MOST_VALUES} more"] if len(values) > _MOST_VALUES else []
    return ", ".join([*texts, *more])


def type_words(shapes: Sequence[Shape]) -> str:
    """What a value may be: `an integer or null`."""
    words = list(dict.fromkeys(shape_words(each) for each in shapes if each.kind != "null"))
    if any(each.kind == "null" for each in shapes):
        words.append("null")
    return ", ".join(words[:-1]) + " or " * (len(words) > 1) + words[-1] if words else "nothing at all"


def shape_words(shape: Shape) -> str:
    """One type, by its name where it has one: `a Cat`, `a string (date-time)`."""
    if shape.name:
        return f"{'an' if shape.name[0] in 'AEIOUaeiou' else 'a'} {shape.name}"
    if "enum" in shape.keywords:
        return f"{_NOUNS[shape.kind]} of {listed(shape.keywords['enum'])}"
    form = shape.keywords.get("format")
    return _NOUNS[shape.kind] + (f" ({form})" if form else "")
