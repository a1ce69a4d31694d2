"""Two objects compared: their properties, which of them must be there, and whether others may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.contract.document import as_dict, as_list, same_json, text_of
from pitstop.contract.shapes import Shape, Shapes
from pitstop.contract.words import shown, type_words

if TYPE_CHECKING:
    from pitstop.contract.schemas import At, Note, Walk


class _Side:
    """An object of one document, as those see it whose direction it is: without what is never sent that way."""

    def __init__(self, shapes: Shapes, shape: Shape, hidden: str) -> None:
        self.shapes = shapes
        self.required = {str(name) for name in as_list(shape.keywords.get("required"))}
        named: dict[str, Any] = dict.fromkeys(sorted(self.required), True)
        self.all = named | as_dict(shape.keywords.get("properties"))
        self.shown = {
            name: schema for name, schema in self.all.items() if shapes.said(schema, hidden) is not True
        }
        self.others = shape.keywords.get("additionalProperties", True)

    @property
    def is_bare(self) -> bool:
        """An object of which nothing is said."""
        return not self.all and self.others in (True, {})

    @property
    def describes_others(self) -> bool:
        """Whether keys that it does not name have a schema, as those of a mapping have."""
        return self.others not in (True, False, {})


def compare(walk: Walk, one: Shape, other: Shape, at: At) -> None:
    """Note how two objects differ."""
    hidden = "readOnly" if walk.direction == "in" else "writeOnly"
    old, new = _Side(walk.pair.old, one, hidden), _Side(walk.pair.new, other, hidden)
    if new.is_bare and not old.is_bare:
        walk.note("schema-removed", at, before=type_words([one]))
        return
    if old.is_bare and not new.is_bare and (walk.direction == "out" or not new.shown):
        walk.note("schema-added", at, after=type_words([other]))
        return
    for name in dict.fromkeys((*old.shown, *new.shown)):
        below = at / name
        if name in old.shown and name in new.shown:
            _both(walk, old, new, name, below)
        elif name in old.shown:
            _gone(walk, old, new, name, below)
        else:
            _come(walk, old, new, name, below)
    _others(walk, old, new, at)


def _both(walk: Walk, old: _Side, new: _Side, name: str, at: At) -> None:
    if name not in old.required and name in new.required:
        walk.note("property-became-required", at)
    elif name in old.required and name not in new.required:
        walk.note("property-became-optional", at)
    one, other = old.all[name], new.all[name]
    if not walk.pair.same(one, other):
        if name not in old.required and name not in new.required:
            defaults(walk, one, other, at)
        deprecation(walk, one, other, at)
        noted = len(walk.notes)
        walk.schemas(one, other, at)
        if walk.pair.names_null and name not in old.required:
            walk.notes[noted:] = [_named(note, at) for note in walk.notes[noted:]]


def _named(note: Note, at: At) -> Note:
    is_null = note.aspect == "became-nullable" and note.at == at
    return msgspec.structs.replace(note, aspect="null-named") if is_null else note


def _gone(walk: Walk, old: _Side, new: _Side, name: str, at: At) -> None:
    if new.describes_others and name not in new.all:
        if name in old.required:
            walk.note("property-became-optional", at)
        walk.schemas(old.all[name], new.others, at)
    elif name in new.all:
        walk.note(f"property-became-{'read' if walk.direction == 'in' else 'write'}-only", at)
    elif walk.direction == "in" and new.others is False:
        walk.note("property-refused", at)
    else:
        walk.note("required-property-removed" if name in old.required else "property-removed", at)


def _come(walk: Walk, old: _Side, new: _Side, name: str, at: At) -> None:
    if old.describes_others and name not in old.all:
        if name in new.required:
            walk.note("property-became-required", at)
        walk.schemas(old.others, new.all[name], at)
    elif name in new.required:
        walk.note("required-property-added", at)
    elif walk.direction == "out" and old.others is False:
        walk.note("undeclared-property-added", at)
    else:
        walk.note("property-added", at)


def _others(walk: Walk, old: _Side, new: _Side, at: At) -> None:
    """The keys that are not named."""
    if old.others is False or new.others is False:
        if old.others is not new.others:
            walk.note(f"additional-properties-{'refused' if new.others is False else 'allowed'}", at)
    elif old.describes_others or new.describes_others:
        walk.schemas(old.others, new.others, at / "{}")


def defaults(walk: Walk, one: object, other: object, at: At) -> None:
    """Note what is taken for a value that a client leaves out. That null is, is the same as that nothing is said."""
    before, after = walk.pair.old.said(one, "default"), walk.pair.new.said(other, "default")
    if not same_json(_in_order(before, one, walk.pair.old), _in_order(after, other, walk.pair.new)):
        end = "added" if before is None else "removed" if after is None else "changed"
        walk.note(f"default-{end}", at, shown(before), shown(after))


def _in_order(value: Any, schema: object, shapes: Shapes) -> Any:
    """A default; of a set in some order, for Python's has another each time that the service starts."""
    if isinstance(value, list) and any(
        each.keywords.get("uniqueItems") is True for each in shapes.of(schema)
    ):
        return sorted(value, key=text_of)
    return value


def deprecation(walk: Walk, one: object, other: object, at: At) -> None:
    """Note that something became, or is no longer, deprecated."""
    before = walk.pair.old.said(one, "deprecated") is True
    after = walk.pair.new.said(other, "deprecated") is True
    if before != after:
        walk.note("deprecated" if after else "reactivated", at)
