"""What a schema allows, in one form whichever way it is written: the shapes that a value may have, each of one type.

`nullable`, `type: [..., "null"]` and `anyOf` with null are one; so are `const` and an `enum` of one, `anyOf` and `oneOf`, an exclusive bound of
an integer and the next one inclusive, `allOf` and a schema that says it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pitstop.contract.document import Document, as_dict, as_list, text_of

ANY = "any"
_KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
_NUMBERS = frozenset({"integer", "number"})
_MOST = 64
"""Shapes of one schema, at most: of `allOf` over many alternatives not all combinations are looked at."""
CONDITIONS = (
    *("not", "if", "then", "else", "contains", "minContains", "maxContains", "dependentRequired"),
    *("dependentSchemas", "propertyNames", "patternProperties", "unevaluatedItems"),
)
"""What is compared as a whole: it changed or it did not."""
_OF_KIND = {
    "integer": ("lower", "upper", "multipleOf", "format"),
    "number": ("lower", "upper", "multipleOf", "format"),
    "string": ("minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType", "contentSchema"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
}  # fmt: skip
_LARGER_IS_NARROWER = frozenset({"minLength", "minItems", "minProperties"})
_SMALLER_IS_NARROWER = frozenset({"maxLength", "maxItems", "maxProperties"})


class Shape(msgspec.Struct, frozen=True):
    """One type and what is asked of its values. `ref` is the reference that led to it."""

    kind: str
    keywords: Mapping[str, Any]
    ref: str = ""

    @property
    def name(self) -> str:
        return self.ref.rpartition("/")[2]


class Shapes:
    """The shapes of the schemas of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # The schema is kept beside its shapes, so that no other can get its id.
        self._known: dict[int, tuple[object, tuple[Shape, ...]]] = {}

    def of(self, schema: object) -> tuple[Shape, ...]:
        """The shapes that a value may have; none where nothing fits."""
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = (schema, _merged(self._made(schema, frozenset())))
        return known[1]

    def said(self, schema: object, keyword: str) -> Any:
        """What a schema says of itself, where it stands or where its references lead: a title, a default."""
        for _ in range(8):
            node = as_dict(schema)
            if keyword in node:
                return node[keyword]
            parts = as_list(node.get("allOf"))
            if isinstance(node.get("$ref"), str):
                schema = self._document.target(node["$ref"])
            elif len(parts) == 1:
                schema = parts[0]
            else:
                return None
        return None

    def _made(self, schema: object, within: frozenset[str]) -> list[Shape]:
        if schema is False:
            return []
        if not isinstance(schema, dict):
            return [Shape(ANY, {})]
        found = self._own(schema)
        ref = schema.get("$ref")
        if isinstance(ref, str):
            if ref in within:
                return []
            led = self._made(self._document.target(ref), within | {ref})
            found = _both(found, [each if each.ref else Shape(each.kind, each.keywords, ref) for each in led])
        for part in as_list(schema.get("allOf")):
            found = _both(found, self._made(part, within))
        for word in ("anyOf", "oneOf"):
            if as_list(schema.get(word)):
                found = _both(found, [each for part in schema[word] for each in self._made(part, within)])
        if schema.get("nullable") is True and all(each.kind not in ("null", ANY) for each in found):
            found = [*found, Shape("null", {})]
        return found

    def _own(self, schema: dict[str, Any]) -> list[Shape]:
        """What the schema itself says, without what it is made of."""
        kinds = _kinds(schema)
        values = _values(schema)
        keywords = _keywords(schema)
        if kinds is None:
            kinds = [ANY] if values is None else [kind for kind in _KINDS if _of_kind(values, kind)]
            if values is not None and "number" in kinds:
                whole = len(_of_kind(values, "integer")) == len(_of_kind(values, "number"))
                kinds = [kind for kind in kinds if kind != ("number" if whole else "integer")]
        found = []
        for kind in kinds:
            names = (*_OF_KIND.get(kind, ()), *CONDITIONS)
            own = {name: value for name, value in keywords.items() if kind == ANY or name in names}
            if kind == "integer":
                own |= {name: _whole(own[name], name) for name in ("lower", "upper") if name in own}
            if values is not None and kind not in ("null", ANY):
                own["enum"] = _of_kind(values, kind)
                if not own["enum"]:
                    continue
            found.append(Shape(kind, own))
        return found


def _kinds(schema: dict[str, Any]) -> list[str] | None:
    """The types that it names or means; None where it allows all."""
    given = schema.get("type")
    if isinstance(given, str):
        return [given] if given in _KINDS else [ANY]
    if isinstance(given, list):
        return [kind for kind in _KINDS if kind in given]
    if "properties" in schema or "additionalProperties" in schema:
        return ["object"]
    if "items" in schema or "prefixItems" in schema:
        return ["array"]
    return None


def _values(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    given = schema.get("enum")
    return given if isinstance(given, list) else None


def _of_kind(values: Sequence[Any], kind: str) -> list[Any]:
    return [value for value in values if _is(value, kind)]


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return _is(value, "number") and (isinstance(value, int) or value.is_integer())
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
    return isinstance(value, dict)


def _keywords(schema: dict[str, Any]) -> dict[str, Any]:
    found = {
        name: schema[name]
        for name in (*CONDITIONS, *(name for names in _OF_KIND.values() for name in names))
        if name in schema
    }
    for name, limit, exclusive in (
        ("lower", "minimum", "exclusiveMinimum"),
        ("upper", "maximum", "exclusiveMaximum"),
    ):
        bound = _bound(schema.get(limit), schema.get(exclusive), name)
        if bound is not None:
            found[name] = bound
    if isinstance(found.get("items"), list):  # as drafts before 2020-12 write tuples
        found["prefixItems"], found["items"] = found["items"], schema.get("additionalItems", True)
    for name, least in (("minLength", 0), ("minItems", 0), ("minProperties", 0), ("uniqueItems", False)):
        if found.get(name) == least:
            del found[name]
    for name in (*_LARGER_IS_NARROWER, *_SMALLER_IS_NARROWER, "multipleOf"):
        if name in found and not _is(found[name], "number"):
            del found[name]
    if found.get("format") == "binary" and schema.get("type") == "string":
        # what FastAPI writes of uploads became `contentMediaType`
        del found["format"]
        found.setdefault("contentMediaType", "application/octet-stream")
    if schema.get("unevaluatedProperties") is False:
        found["additionalProperties"] = False
    return found


def _bound(limit: Any, exclusive: Any, name: str) -> tuple[float, bool] | None:
    """A bound and whether it is itself out of reach, of both ways to write one."""
    found: list[tuple[float, bool]] = []
    if _is(limit, "number"):
        found.append((limit, exclusive is True))
    if _is(exclusive, "number"):
        found.append((exclusive, True))
    return _narrower(name, found) if found else None


def _narrower(name: str, bounds: Sequence[tuple[float, bool]]) -> tuple[float, bool]:
    sign = 1 if name == "lower" else -1
    return max(bounds, key=lambda bound: (sign * bound[0], bound[1]))


def _whole(bound: tuple[float, bool], name: str) -> tuple[float, bool]:
    value, is_exclusive = bound
    if is_exclusive and _is(value, "integer"):
        return int(value) + (1 if name == "lower" else -1), False
    return bound


# --- several at once -------------------------------------------------------------------------------------------------


def _both(one: list[Shape], other: list[Shape]) -> list[Shape]:
    """What fits a shape of each."""
    found: list[Shape] = []
    for left in one:
        for right in other:
            kind = _common(left.kind, right.kind)
            if kind and len(found) < _MOST:
                keywords = _joined(left.keywords, right.keywords)
                if keywords.get("enum") != []:
                    found.append(Shape(kind, keywords, _ref(left, right)))
    return found


def _common(one: str, other: str) -> str:
    if one == other or other == ANY:
        return one
    if one == ANY:
        return other
    return "integer" if {one, other} == _NUMBERS else ""


def _ref(one: Shape, other: Shape) -> str:
    """The name of what two parts make: that of one, where the other adds nothing."""
    if one.ref and other.ref:
        return one.ref if one.ref == other.ref else ""
    named, plain = (one, other) if one.ref else (other, one)
    return named.ref if not plain.keywords else ""


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    found = {**one, **other}
    for name in one.keys() & other.keys():
        left, right = one[name], other[name]
        if text_of(left) == text_of(right):
            continue
        if name in ("lower", "upper"):
            found[name] = _narrower(name, (left, right))
        elif name in _LARGER_IS_NARROWER:
            found[name] = max(left, right)
        elif name in _SMALLER_IS_NARROWER:
            found[name] = min(left, right)
        elif name == "enum":
            texts = {text_of(value) for value in right}
            found[name] = [value for value in left if text_of(value) in texts]
        elif name == "required":
            found[name] = [*as_list(left), *as_list(right)]
        elif name == "properties":
            mine, theirs = as_dict(left), as_dict(right)
            both = {key: {"allOf": [mine[key], theirs[key]]} for key in mine.keys() & theirs.keys()}
            found[name] = {**mine, **theirs, **both}
        elif name == "additionalProperties" and (left is False or right is False):
            found[name] = False
        elif name in ("items", "additionalProperties"):
            found[name] = {"allOf": [left, right]}
        elif name == "pattern":
            found[name] = " and ".join(sorted({str(left), str(right)}))
    return found


def _merged(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """Each shape once; those that only list values as one that lists them all."""
    found: dict[str, Shape] = {}
    for each in shapes:
        key = each.kind if each.keywords.keys() == {"enum"} else text_of([each.kind, each.ref, each.keywords])
        known = found.get(key)
        if known is not None and "enum" in each.keywords and each.keywords.keys() == {"enum"}:
            texts = {text_of(value) for value in known.keywords["enum"]}
            more = [value for value in each.keywords["enum"] if text_of(value) not in texts]
            ref = known.ref if known.ref == each.ref else ""
            each = Shape(each.kind, {"enum": [*known.keywords["enum"], *more]}, ref)
        found[key] = each
    return tuple(found.values())
