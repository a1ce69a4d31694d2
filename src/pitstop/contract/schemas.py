"""Two schemas compared: what came, what went, and where, by aspects whose severity depends on which way the values go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from pitstop.contract import objects
from pitstop.contract.alternatives import paired
from pitstop.contract.document import as_dict, as_list, references, same_json, text_of
from pitstop.contract.rules import ASPECTS, Direction
from pitstop.contract.shapes import ANY, CONDITIONS, Shape, Shapes
from pitstop.contract.words import listed, shape_words, shown, type_words

_TEXT_FORMATS = frozenset({"email", "idn-email", "uri", "uri-reference", "iri", "url", "hostname", "idn-hostname", "regex", "json-pointer"})  # fmt: skip
"""Formats of what stays a text to whoever reads it. Others say that it is read as something else: a date, a number, a UUID."""
_NO_FORMATS = frozenset({"password", "textarea", "string"})
"""Formats that say how a value is shown or typed in, not which there are."""
_WIDER_FORMATS = {
    *(("int32", "int64"), ("float", "double")),
    *((f"uuid{version}", "uuid") for version in range(1, 9)),
}
"""Formats of which the second takes all that the first does."""
_BOUNDS = (
    ("lower", "minimum", "raised"),
    ("upper", "maximum", "lowered"),
    ("minLength", "min-length", "raised"),
    ("maxLength", "max-length", "lowered"),
    ("minItems", "min-items", "raised"),
    ("maxItems", "max-items", "lowered"),
    ("minProperties", "min-properties", "raised"),
    ("maxProperties", "max-properties", "lowered"),
)
_SCALARS = frozenset({"boolean", "integer", "number", "string"})
_WORDS = ("description", "title", "example", "examples")


class At(msgspec.Struct, frozen=True):
    """A place in a schema: the way from its root, and that from the nearest named schema."""

    path: str = ""
    model: str = ""
    below: str = ""

    def __truediv__(self, step: str) -> At:
        return At(_joined(self.path, step), self.model, _joined(self.below, step))

    def within(self, model: str) -> At:
        return At(self.path, model, "") if model else self


def _joined(path: str, step: str) -> str:
    return f"{path}.{step}" if path and step[0] not in "[{(" else path + step


class Note(msgspec.Struct, frozen=True):
    """One aspect in which two schemas differ at a place."""

    aspect: str
    at: At
    before: str = ""
    after: str = ""


class Pair(msgspec.Struct, frozen=True):
    """Two documents whose schemas are compared. `changed` are the references that do not mean the same in both.

    `names_null` is of an older one from before OpenAPI 3.1: Pydantic 1 let what is not required be null, and did not write it.
    """

    old: Shapes
    new: Shapes
    changed: frozenset[str]
    names_null: bool = False

    def same(self, one: object, other: object) -> bool:
        """Whether two schemas say the same, also through their references."""
        return same_json(one, other) and self.changed.isdisjoint(references(one))

    def turned(self) -> Pair:
        """The other way round."""
        return Pair(self.new, self.old, self.changed)


class Walk:
    """One comparison of two schemas. `notes` is what it found; a named schema is looked at once, where it first stands.

    `is_textual` is of what is sent as text: parameters, headers and forms, in which a number is as good as its digits and nothing is null.
    `is_repeated` is of parameters that may be sent more than once, so that one value is as good as a list of it.
    """

    def __init__(
        self, pair: Pair, direction: Direction, *, is_textual: bool = False, is_repeated: bool = False
    ) -> None:
        self.pair, self.direction = pair, direction
        self._is_textual, self._is_repeated = is_textual, is_repeated
        self._seen: set[tuple[str, str]] = set()
        self._described: set[tuple[str, ...]] = set()
        self.notes: list[Note] = []

    def note(self, aspect: str, at: At, before: object = "", after: object = "") -> None:
        self.notes.append(Note(aspect, at, str(before), str(after)))

    def schemas(self, old: object, new: object, at: At) -> None:
        """Compare two schemas, and what they say of themselves."""
        if self.pair.same(old, new):
            return
        self._discriminators(old, new, at)
        self._shapes(self.pair.old.of(old), self.pair.new.of(new), at)
        self._words(old, new, at)

    def _words(self, old: object, new: object, at: At) -> None:
        refs = tuple(str(as_dict(schema).get("$ref", "")) for schema in (old, new))
        if all(refs):
            if refs in self._described:
                return
            self._described.add(refs)
        said = (
            [shapes.said(schema, word) for word in _WORDS]
            for shapes, schema in ((self.pair.old, old), (self.pair.new, new))
        )
        if not same_json(*said):
            self.note("documentation-changed", at)

    # --- kinds of values ---------------------------------------------------------------------------------------------

    def _shapes(self, old: Sequence[Shape], new: Sequence[Shape], at: At) -> None:
        is_open_old, is_open_new = (any(each.kind == ANY for each in shapes) for shapes in (old, new))
        if is_open_old and is_open_new:
            for one, other in zip(old, new, strict=False):
                self._conditions(one, other, at)
            return
        if is_open_old or is_open_new:
            words = type_words(new if is_open_old else old)
            aspect = "schema-added" if is_open_old else "schema-removed"
            self.note(aspect, at, *(("", words) if is_open_old else (words, "")))
            return
        if not self._is_textual:
            was_null, is_null = (any(each.kind == "null" for each in shapes) for shapes in (old, new))
            if was_null != is_null and len(new if is_null else old) > 1:
                aspect = "became-nullable" if is_null else "became-not-nullable"
                self.note(aspect, at, type_words(old), type_words(new))
            elif was_null != is_null:  # it is null and nothing else
                self.note("type-changed", at, type_words(old), type_words(new))
                return
        self._kinds(
            [each for each in old if each.kind != "null"], [each for each in new if each.kind != "null"], at
        )

    def _kinds(self, old: list[Shape], new: list[Shape], at: At) -> None:
        before, after = ({each.kind for each in shapes} for shapes in (old, new))
        lost = {kind for kind in before if not self._takes(kind, new)}
        gained = {kind for kind in after if not self._takes(kind, old)}
        if self._is_repeated and self._lists(lost, gained, old, new, at):
            return
        if lost or gained:
            words = type_words(old), type_words(new)
            if lost and gained:
                self.note("type-changed", at, *words)
            else:
                self.note("type-narrowed" if lost else "type-widened", at, *words)
        for kind in sorted(before | after):
            ones = [each for each in old if each.kind == kind]
            others = [each for each in new if each.kind == kind]
            if kind == "integer" and not others:
                others = [each for each in new if each.kind == "number"]
            elif kind == "integer" and not ones:
                ones = [each for each in old if each.kind == "number"]
            if ones and others:
                self._alternatives(ones, others, at)

    def _takes(self, kind: str, shapes: Sequence[Shape]) -> bool:
        if any(each.kind == kind or (kind == "integer" and each.kind == "number") for each in shapes):
            return True
        is_text = any(each.kind == "string" and not each.keywords for each in shapes)
        return self._is_textual and kind in _SCALARS and is_text

    def _lists(self, lost: set[str], gained: set[str], old: list[Shape], new: list[Shape], at: At) -> bool:
        """Whether one of the two is a list of what the other is, of a parameter that may be sent more than once."""
        for mine, theirs, shapes, aspect in (
            (lost, gained, new, "type-widened"),
            (gained, lost, old, "type-narrowed"),
        ):
            if mine <= _SCALARS and theirs == {"array"} and len(shapes) == 1 and len(old) == len(new) == 1:
                self.note(aspect, at, type_words(old), type_words(new))
                items = shapes[0].keywords.get("items", True)
                if shapes is new:
                    self._shapes(old, self.pair.new.of(items), at)
                else:
                    self._shapes(self.pair.old.of(items), new, at)
                return True
        return False

    # --- several shapes of one kind ----------------------------------------------------------------------------------

    def _alternatives(self, old: list[Shape], new: list[Shape], at: At) -> None:
        if len(old) == len(new) == 1:
            self._shape(old[0], new[0], at)
            return
        pairs, gone, come = paired(old, new)
        for one, other in pairs:
            name = other.name or one.name
            self._shape(one, other, at / f"({name})" if name else at)
        for one in gone:
            if not any(self._fits(one, other) for other in new):
                self.note("alternative-removed", at, before=shape_words(one))
        for other in come:
            if not any(self._fits(other, one, is_back=True) for one in old):
                self.note("alternative-added", at, after=shape_words(other))

    def _fits(self, one: Shape, other: Shape, *, is_back: bool = False) -> bool:
        """Whether each value of one shape is one of the other; `is_back` where the first is of the new document."""
        walk = Walk(self.pair.turned() if is_back else self.pair, "in", is_textual=self._is_textual)
        walk._shape(one, other, At())
        return all(ASPECTS[each.aspect].effect in ("wider", "none") for each in walk.notes)

    # --- one shape ---------------------------------------------------------------------------------------------------

    def _shape(self, one: Shape, other: Shape, at: At) -> None:
        if one.ref and other.ref:
            if (one.ref, other.ref) in self._seen:
                return
            self._seen.add((one.ref, other.ref))
        at = at.within(other.name or one.name)
        mine, theirs = one.keywords.get("enum"), other.keywords.get("enum")
        if mine is not None or theirs is not None:
            self._enums(mine, theirs, at)
            if mine is not None and theirs is not None:
                return
        self._formats(one, other, at)
        self._bounds(one, other, at)
        self._conditions(one, other, at)
        if one.kind == other.kind == "array":
            self._items(one, other, at)
        if one.kind == other.kind == "object":
            objects.compare(self, one, other, at)

    def _enums(self, mine: list[Any] | None, theirs: list[Any] | None, at: At) -> None:
        if mine is None:
            self.note("enum-added", at, after=listed(theirs or []))
        elif theirs is None:
            self.note("enum-removed", at, before=listed(mine))
        else:
            texts, other_texts = ({text_of(value) for value in values} for values in (mine, theirs))
            for value in mine:
                if text_of(value) not in other_texts:
                    self.note("enum-value-removed", at, before=shown(value))
            for value in theirs:
                if text_of(value) not in texts:
                    self.note("enum-value-added", at, after=shown(value))

    def _formats(self, one: Shape, other: Shape, at: At) -> None:
        if one.kind != other.kind:
            return
        mine, theirs = ("" if (each := str(shape.keywords.get("format", ""))) in _NO_FORMATS else each for shape in (one, other))  # fmt: skip
        if mine != theirs:
            if mine and theirs:
                aspect = "text-format-changed" if {mine, theirs} <= _TEXT_FORMATS else "format-changed"
                if (mine, theirs) in _WIDER_FORMATS:
                    aspect = "format-widened"
                elif (theirs, mine) in _WIDER_FORMATS:
                    aspect = "format-narrowed"
            else:
                aspect = "format-added" if theirs else "format-removed"
                if (mine or theirs) in _TEXT_FORMATS:
                    aspect = f"text-{aspect}"
            self.note(aspect, at, mine, theirs)
        before, after = (
            " in ".join(
                str(shape.keywords[name])
                for name in ("contentMediaType", "contentEncoding")
                if name in shape.keywords
            )
            for shape in (one, other)
        )
        if before != after:
            self.note("content-changed", at, before or "plain text", after or "plain text")
        inner, outer = (shape.keywords.get("contentSchema") for shape in (one, other))
        if inner is not None and outer is not None:
            self.schemas(inner, outer, at / "(content)")

    def _bounds(self, one: Shape, other: Shape, at: At) -> None:
        for keyword, name, narrowing in _BOUNDS:
            mine, theirs = (_bound(shape.keywords.get(keyword)) for shape in (one, other))
            if mine == theirs:
                continue
            before, after = (_bound_words(each) for each in (mine, theirs))
            if mine is None or theirs is None:
                self.note(f"{name}-{'added' if mine is None else 'removed'}", at, before, after)
            else:
                is_lower = narrowing == "raised"
                # an exclusive bound is the narrower one of two at the same value
                key = (mine[0], mine[1] == is_lower), (theirs[0], theirs[1] == is_lower)
                self.note(f"{name}-{'raised' if key[1] > key[0] else 'lowered'}", at, before, after)
        for keyword, name in (
            ("multipleOf", "multiple-of"),
            ("pattern", "pattern"),
            ("uniqueItems", "unique-items"),
        ):
            was, is_ = (shape.keywords.get(keyword) for shape in (one, other))
            if not same_json(was, is_):
                end = "added" if was is None else "removed" if is_ is None else "changed"
                self.note(f"{name}-{end}", at, shown(was), shown(is_))

    def _conditions(self, one: Shape, other: Shape, at: At) -> None:
        for keyword in CONDITIONS:
            mine, theirs = (shape.keywords.get(keyword) for shape in (one, other))
            if not self.pair.same(mine, theirs):
                end = "added" if mine is None else "removed" if theirs is None else "changed"
                self.note(
                    f"condition-{end}",
                    at,
                    keyword if mine is not None else "",
                    keyword if theirs is not None else "",
                )

    def _items(self, one: Shape, other: Shape, at: At) -> None:
        mine, theirs = (as_list(shape.keywords.get("prefixItems")) for shape in (one, other))
        rest, other_rest = (shape.keywords.get("items", True) for shape in (one, other))
        for number in range(max(len(mine), len(theirs))):
            self.schemas(
                mine[number] if number < len(mine) else rest,
                theirs[number] if number < len(theirs) else other_rest,
                at / f"[{number}]",
            )
        if not (_is_full(one) and _is_full(other)):
            self.schemas(rest, other_rest, at / "[]")

    def _discriminators(self, old: object, new: object, at: At) -> None:
        one, other = (
            as_dict(shapes.said(schema, "discriminator"))
            for shapes, schema in ((self.pair.old, old), (self.pair.new, new))
        )
        if not one or not other:
            return
        if one.get("propertyName") != other.get("propertyName"):
            self.note(
                "discriminator-changed", at, shown(one.get("propertyName")), shown(other.get("propertyName"))
            )
        values = {str(ref): value for value, ref in as_dict(one.get("mapping")).items()}
        for value, ref in as_dict(other.get("mapping")).items():
            known = values.get(str(ref), value)
            if known != value and known not in as_dict(other.get("mapping")):
                self.note("discriminator-value-changed", at, known, value)


def _is_full(shape: Shape) -> bool:
    """Whether a tuple has no room for more than its named items."""
    most = shape.keywords.get("maxItems")
    named = as_list(shape.keywords.get("prefixItems"))
    return bool(named) and (shape.keywords.get("items") is False or (most is not None and most <= len(named)))


def _bound(value: Any) -> tuple[float, bool] | None:
    return value if value is None or isinstance(value, tuple) else (value, False)


def _bound_words(bound: tuple[float, bool] | None) -> str:
    if bound is None:
        return ""
    return f"{bound[0]:g}" + (" (itself out)" if bound[1] else "")
