"""Which of several shapes of a schema stand for each other in two documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pitstop.contract.document import as_dict, as_list, text_of
from pitstop.contract.shapes import Shape

_ALIKE = 0.5
"""Share of their properties that two objects have in common where one is taken for the other."""


def paired(
    old: Sequence[Shape], new: Sequence[Shape]
) -> tuple[list[tuple[Shape, Shape]], list[Shape], list[Shape]]:
    """Which shapes of one kind stand for each other, and those that have no counterpart."""
    pairs: list[tuple[Shape, Shape]] = []
    left, right = list(old), list(new)
    for key in _KEYS:
        for one in list(left):
            other = next((each for each in right if key(each) and key(each) == key(one)), None)
            if other is not None:
                pairs.append((one, other))
                left = [each for each in left if each is not one]
                right = [each for each in right if each is not other]
    for one in list(left):
        found = max(right, key=lambda each: _alike(one, each), default=None)
        if found is not None and _alike(one, found) >= _ALIKE:
            pairs.append((one, found))
            left = [each for each in left if each is not one]
            right = [each for each in right if each is not found]
    return pairs, left, right


def _tag(shape: Shape) -> str:
    """What tells an object apart by the one value that a property of it has."""
    return ", ".join(f"{name}={value}" for name, value in _constants(shape))


def _constants(shape: Shape) -> Iterator[tuple[str, str]]:
    for name, schema in sorted(as_dict(shape.keywords.get("properties")).items()):
        node = as_dict(schema)
        values = [node["const"]] if "const" in node else as_list(node.get("enum"))
        if len(values) == 1:
            yield name, text_of(values[0])


_KEYS: tuple[Callable[[Shape], str], ...] = (
    _tag,
    lambda each: each.ref,
    lambda each: text_of(each.keywords),
)


def _alike(one: Shape, other: Shape) -> float:
    mine, theirs = (set(as_dict(shape.keywords.get("properties"))) for shape in (one, other))
    return len(mine & theirs) / max(len(mine | theirs), 1)
