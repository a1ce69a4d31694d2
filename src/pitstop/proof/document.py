"""JSON documents compared value by value, with what is known to wobble left out.

A mask is learnt from one exchange of the unchanged app seen twice, and holds for that exchange alone and for the exact
places that differed. So it cannot hide anything that was the same both times.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

Path = tuple[str | int, ...]
Wobble = Literal["value", "order"]
Mask = Mapping[Path, Wobble]

_ANYTHING = "~"
ANY = -1
"""The number of an item, in the path of a mask, where the list has no order."""


class Number(msgspec.Struct, frozen=True):
    """A number as it was written: `1`, `1.0` and `1.00` are three answers."""

    text: str


Value = dict[str, "Value"] | list["Value"] | str | bool | None | Number


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that is there twice")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=Number
)


class NotJSONError(Exception):
    """The bytes are no JSON document, or one that cannot be compared by its values."""


def parse(body: bytes) -> Value:
    """The document, numbers as written. Raises NotJSONError, also where a key stands twice in an object."""
    try:
        value: Value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise NotJSONError(str(error)) from None
    return value


def wobbles(before: Value, again: Value, path: Path = ()) -> dict[Path, Wobble]:
    """Where two documents that should be one differ: places of values, and places whose order alone differs."""
    if isinstance(before, dict) and isinstance(again, dict):
        found: dict[Path, Wobble] = {}
        for key in before.keys() | again.keys():
            if key in before and key in again:
                found |= wobbles(before[key], again[key], (*path, key))
            else:
                found[*path, key] = "value"
        if [k for k in before if k in again] != [k for k in again if k in before]:
            found[path] = "order"
        return found
    if isinstance(before, list) and isinstance(again, list):
        if len(before) != len(again):
            return {path: "value"}
        if before != again and sorted(map(canonical, before)) == sorted(map(canonical, again)):
            return {path: "order"}
        found = {}
        for index, (one, other) in enumerate(zip(before, again, strict=True)):
            found |= wobbles(one, other, (*path, index))
        return found
    return {} if _same(before, again) else {path: "value"}


def reordered(before: Value, after: Value, path: Path = ()) -> dict[Path, Wobble] | None:
    """The lists whose order alone differs between two documents, each within those around it; None where more than that does."""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        items = [_unordered(each) for each in before], [_unordered(each) for each in after]
        if items[0] == items[1]:
            below = [(one, other, n) for n, (one, other) in enumerate(zip(before, after, strict=True))]
            found: dict[Path, Wobble] = {}
        elif sorted(items[0]) == sorted(items[1]):
            others = dict(zip(items[1], after, strict=True))
            below = [(one, others[item], ANY) for one, item in zip(before, items[0], strict=True)]
            found = {path: "order"}
        else:
            return None
        parts = [reordered(one, other, (*path, n)) for one, other, n in below]
    elif isinstance(before, dict) and isinstance(after, dict) and list(before) == list(after):
        found = {}
        parts = [reordered(before[key], after[key], (*path, key)) for key in before]
    else:
        return None if isinstance(before, dict | list) or not _same(before, after) else {}
    for part in parts:
        if part is None:
            return None
        found |= part
    return found


def _unordered(value: Value) -> str:
    """The document as text that is equal for documents that differ by the order of lists alone."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_unordered(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted(_unordered(each) for each in value)) + "]"
    return canonical(value)


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


def joined(one: Mask, other: Mask) -> dict[Path, Wobble]:
    """Both masks. A place that wobbled in value once is not merely out of order, and in a list without order it may be in any item."""
    found = dict(one)
    for path, wobble in other.items():
        found[path] = "value" if "value" in (wobble, found.get(path)) else wobble
    loose = [path for path, wobble in found.items() if wobble == "order"]
    for place in loose:
        for path in [p for p in found if p[: len(place)] == place and len(p) > len(place)]:
            if isinstance(path[len(place)], int):
                found[*place, ANY, *path[len(place) + 1 :]] = found.pop(path)
    return found


def canonical(value: Value, mask: Mask | None = None, path: Path = ()) -> str:
    """The document as text that is equal for equal documents: key order counts unless it is masked."""
    mask = mask or {}
    wobble = mask.get(path)
    if wobble == "value":
        return _ANYTHING
    if isinstance(value, dict):
        # a key that comes and goes is left out whether it is there or not
        items = [
            f"{json.dumps(key)}:{canonical(each, mask, (*path, key))}"
            for key, each in value.items()
            if mask.get((*path, key)) != "value"
        ]
        return "{" + ",".join(sorted(items) if wobble == "order" else items) + "}"
    if isinstance(value, list):
        # what has no order has no numbers either
        numbers = [ANY] * len(value) if wobble == "order" else range(len(value))
        parts = [canonical(each, mask, (*path, n)) for n, each in zip(numbers, value, strict=True)]
        return "[" + ",".join(sorted(parts) if wobble == "order" else parts) + "]"
    return value.text if isinstance(value, Number) else json.dumps(value)


def leaves(value: Value, mask: Mask, path: Path = ()) -> tuple[int, int]:
    """How many single values a document has, and how many of them the mask hides; keys that come and go count once."""
    if mask.get(path) == "value":
        total, _ = leaves(value, {}, path)
        return total, total
    if isinstance(value, dict):
        children = [(each, (*path, key)) for key, each in value.items()]
    elif isinstance(value, list):
        children = [(each, (*path, index)) for index, each in enumerate(value)]
    else:
        return 1, 0
    counts = [leaves(each, mask, below) for each, below in children]
    return max(1, sum(total for total, _ in counts)), sum(hidden for _, hidden in counts)


def explain(before: Value, after: Value, mask: Mask, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """The places where two documents differ though no mask allows it, with what is there."""
    wobble = mask.get(path)
    if wobble == "value" or canonical(before, mask, path) == canonical(after, mask, path):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        found = False
        for key in dict.fromkeys((*before, *after)):
            below = (*path, key)
            if mask.get(below) == "value":
                continue
            if key not in after:
                yield below, shown(before[key]), "(not there)"
            elif key not in before:
                yield below, "(not there)", shown(after[key])
            else:
                for each in explain(before[key], after[key], mask, below):
                    found = True
                    yield each
                continue
            found = True
        if not found:
            yield path, "keys: " + ", ".join(before), "keys: " + ", ".join(after)
    elif isinstance(before, list) and isinstance(after, list) and wobble != "order":
        if len(before) != len(after):
            yield path, f"{len(before)} items", f"{len(after)} items"
        elif sorted(map(canonical, before)) == sorted(map(canonical, after)):
            yield path, f"order: {shown(before)}", f"order: {shown(after)}"
        else:
            for index, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from explain(one, other, mask, (*path, index))
    else:
        yield path, shown(before), shown(after)


def shown(value: Value) -> str:
    """A value for a person to read: its JSON, cut where it gets long."""
    return clip(canonical(value))


def clip(text: str, width: int = 120) -> str:
    """A text cut in its middle to a width."""
    return text if len(text) <= width else f"{text[: width - 40]} … {text[-37:]}"


def spelled(path: Path) -> str:
    """A place in a document as JSONPath: `$.items[0].price`."""
    parts = [
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f"[{part!r}]"
        for part in path
    ]
    return "$" + "".join(parts)


def pattern(path: Path) -> str:
    """The place with every index left open: the same column of each row."""
    return (
        spelled(path) if not path else "$" + "".join("[*]" if isinstance(p, int) else f".{p}" for p in path)
    )
