"""Each aspect of schemas, both ways, with how bad it is; and what says the same in other words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pitstop.contract.rules import ASPECTS, SUBJECTS, name_of

from .documents import BODIES, Schema, placed, severities

B, W, I = "breaking", "warning", "info"  # noqa: E741  # one letter each keeps the table readable

STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
LIST: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}


def thing(**properties: Schema) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def closed(**properties: Schema) -> dict[str, Any]:
    return {**thing(**properties), "additionalProperties": False}


CAT = {**thing(kind={"const": "cat"}, meow=STRING), "required": ["kind"]}
DOG = {**thing(kind={"const": "dog"}, bark=STRING), "required": ["kind"]}


def bound(
    name: str, keyword: str, kind: str, *, is_lower: bool
) -> list[tuple[str, Schema, Schema, str, str]]:
    without, three, five = {"type": kind}, {"type": kind, keyword: 3}, {"type": kind, keyword: 5}
    narrower, wider = (three, five) if is_lower else (five, three)
    more, less = ("raised", "lowered") if is_lower else ("lowered", "raised")
    return [
        (f"{name}-added", without, three, B, I),
        (f"{name}-{more}", narrower, wider, B, I),
        (f"{name}-{less}", wider, narrower, I, W),
        (f"{name}-removed", three, without, I, W),
    ]


PAIRS: list[tuple[str, Schema, Schema, str, str]] = [
    # aspect, before, after, as what comes in, as what goes out
    ("type-changed", STRING, LIST, B, B),
    ("type-changed", {"type": "boolean"}, INTEGER, B, B),
    ("type-changed", {"enum": [1]}, {"enum": [True]}, B, B),
    ("type-narrowed", {"type": ["string", "array"]}, STRING, B, I),
    ("type-narrowed", NUMBER, INTEGER, B, I),
    ("type-widened", INTEGER, NUMBER, I, B),
    ("type-widened", STRING, {"anyOf": [STRING, LIST]}, I, B),
    ("schema-added", {}, LIST, B, I),
    ("schema-added", {}, CAT, B, I),
    ("schema-removed", LIST, {}, I, W),
    ("schema-removed", thing(a=STRING), {"type": "object"}, I, W),
    ("alternative-added", CAT, {"oneOf": [CAT, DOG]}, I, B),
    ("alternative-removed", {"oneOf": [CAT, DOG]}, DOG, B, I),
    (
        "discriminator-changed",
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "sort"}},
        B, B,
    ),
    (
        "discriminator-value-changed",
        {"oneOf": [thing(a=STRING), thing(b=STRING)], "discriminator": {"propertyName": "k", "mapping": {"x": "#/X"}}},
        {"oneOf": [thing(a=STRING), thing(b=STRING)], "discriminator": {"propertyName": "k", "mapping": {"y": "#/X"}}},
        B, B,
    ),
    ("format-added", STRING, {"type": "string", "format": "date-time"}, B, I),
    ("format-removed", {"type": "string", "format": "uuid"}, STRING, I, B),
    ("format-changed", {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, B, B),
    ("format-narrowed", {"type": "integer", "format": "int64"}, {"type": "integer", "format": "int32"}, B, I),
    ("format-narrowed", {"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid4"}, B, I),
    ("format-widened", {"type": "number", "format": "float"}, {"type": "number", "format": "double"}, I, B),
    ("text-format-added", STRING, {"type": "string", "format": "email"}, B, I),
    ("text-format-removed", {"type": "string", "format": "uri"}, STRING, I, W),
    ("text-format-changed", {"type": "string", "format": "uri"}, {"type": "string", "format": "email"}, B, W),
    ("content-changed", STRING, {"type": "string", "contentEncoding": "base64"}, B, B),
    ("enum-added", STRING, {"type": "string", "enum": ["a", "b"]}, B, I),
    ("enum-removed", {"type": "string", "enum": ["a", "b"]}, STRING, I, B),
    ("enum-value-removed", {"enum": ["a", "b"]}, {"enum": ["a"]}, B, I),
    ("enum-value-added", {"const": 1}, {"enum": [1, 2]}, I, B),
    *bound("minimum", "minimum", "integer", is_lower=True),
    *bound("minimum", "exclusiveMinimum", "number", is_lower=True),
    *bound("maximum", "maximum", "number", is_lower=False),
    *bound("min-length", "minLength", "string", is_lower=True),
    *bound("max-length", "maxLength", "string", is_lower=False),
    *bound("min-items", "minItems", "array", is_lower=True),
    *bound("max-items", "maxItems", "array", is_lower=False),
    *bound("min-properties", "minProperties", "object", is_lower=True),
    *bound("max-properties", "maxProperties", "object", is_lower=False),
    ("minimum-raised", {"type": "number", "minimum": 3}, {"type": "number", "exclusiveMinimum": 3}, B, I),
    ("maximum-raised", {"type": "number", "maximum": 3, "exclusiveMaximum": True}, {"type": "number", "maximum": 3}, I, W),
    ("minimum-raised", {"allOf": [INTEGER, {"minimum": 3}]}, {"type": "integer", "minimum": 4}, B, I),
    ("multiple-of-added", INTEGER, {"type": "integer", "multipleOf": 5}, B, I),
    ("multiple-of-removed", {"type": "integer", "multipleOf": 5}, INTEGER, I, W),
    ("multiple-of-changed", {"type": "integer", "multipleOf": 5}, {"type": "integer", "multipleOf": 3}, B, W),
    ("pattern-added", STRING, {"type": "string", "pattern": "^a"}, B, I),
    ("pattern-removed", {"type": "string", "pattern": "^a"}, STRING, I, W),
    ("pattern-changed", {"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}, W, W),
    ("unique-items-added", LIST, {"type": "array", "items": INTEGER, "uniqueItems": True}, B, I),
    ("unique-items-removed", {"type": "array", "items": INTEGER, "uniqueItems": True}, LIST, I, W),
    ("condition-added", STRING, {"type": "string", "not": {"const": "a"}}, B, I),
    ("condition-removed", {"type": "object", "dependentRequired": {"a": ["b"]}}, {"type": "object"}, I, W),
    ("condition-changed", {"type": "array", "contains": {"const": 1}}, {"type": "array", "contains": {"const": 2}}, W, W),
    ("additional-properties-refused", thing(a=STRING), closed(a=STRING), B, I),
    ("additional-properties-allowed", closed(a=STRING), thing(a=STRING), I, I),
]  # fmt: skip

OBJECTS: list[tuple[str, Schema, Schema, str, str]] = [
    ("property-added", thing(a=STRING), thing(a=STRING, b=STRING), I, I),
    ("required-property-added", thing(a=STRING), {**thing(a=STRING, b=STRING), "required": ["b"]}, B, I),
    ("property-removed", thing(a=STRING, b=STRING), thing(a=STRING), W, W),
    ("required-property-removed", {**thing(a=STRING, b=STRING), "required": ["b"]}, thing(a=STRING), W, B),
    ("property-became-required", thing(a=STRING), {**thing(a=STRING), "required": ["a"]}, B, I),
    ("property-became-optional", {**thing(a=STRING), "required": ["a"]}, thing(a=STRING), I, B),
    # what is a key of a mapping need not have a name of its own
    ("property-became-required", {"type": "object", "additionalProperties": STRING}, {"type": "object", "additionalProperties": STRING, "properties": {"a": STRING}, "required": ["a"]}, B, I),
    ("property-became-optional", {"type": "object", "additionalProperties": STRING, "required": ["a"], "properties": {"a": STRING}}, {"type": "object", "additionalProperties": STRING}, I, B),
]  # fmt: skip

ONE_WAY: list[tuple[str, Schema, Schema, str, dict[str, str]]] = [
    # what is told by the way that the values go, and what is told the other way
    ("request-property-refused", closed(a=STRING, b=STRING), closed(a=STRING), B, {"response-property-removed": W}),
    ("response-undeclared-property-added", closed(a=STRING), closed(a=STRING, b=STRING), W, {"request-property-added": I}),
    ("request-property-became-read-only", thing(a=STRING), thing(a={"type": "string", "readOnly": True}), W, {}),
    ("response-property-became-write-only", thing(a=STRING), thing(a={"type": "string", "writeOnly": True}), B, {}),
]  # fmt: skip

SAID: list[tuple[str, Schema, Schema, str, str]] = [
    # what is said of a value that need not be there
    ("default-changed", {"type": "integer", "default": 1}, {"type": "integer", "default": 2}, B, I),
    ("default-added", INTEGER, {"type": "integer", "default": 2}, W, I),
    ("default-removed", {"type": "integer", "default": 1}, INTEGER, W, I),
    ("deprecated", INTEGER, {"type": "integer", "deprecated": True}, I, I),
    ("reactivated", {"type": "integer", "deprecated": True}, INTEGER, I, I),
    ("documentation-changed", INTEGER, {"type": "integer", "description": "How many"}, I, I),
    ("documentation-changed", {"title": "A", **INTEGER}, {"title": "B", **INTEGER}, I, I),
    ("documentation-changed", {"examples": [1], **INTEGER}, {"examples": [2], **INTEGER}, I, I),
]  # fmt: skip

NULLABLE: list[tuple[str, Schema, Schema, str, str]] = [
    ("became-nullable", INTEGER, {"type": ["integer", "null"]}, I, B),
    ("became-nullable", INTEGER, {"type": "integer", "nullable": True}, I, B),
    ("became-not-nullable", {"anyOf": [INTEGER, {"type": "null"}]}, INTEGER, B, I),
]


def ids(rows: list[Any]) -> list[str]:
    return [f"{number}-{row[0]}" for number, row in enumerate(rows)]


@pytest.mark.parametrize("subject", BODIES)
@pytest.mark.parametrize(
    ("aspect", "before", "after", "into", "out"), PAIRS + NULLABLE, ids=ids(PAIRS + NULLABLE)
)
def test_an_aspect_and_nothing_else_is_told(
    subject: str, aspect: str, before: Schema, after: Schema, into: str, out: str
) -> None:
    found = severities(placed(subject, before), placed(subject, after))
    assert found == {name_of(subject, aspect): into if SUBJECTS[subject] == "in" else out}


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize(("aspect", "before", "after", "into", "out"), OBJECTS, ids=ids(OBJECTS))
def test_properties(side: str, aspect: str, before: Schema, after: Schema, into: str, out: str) -> None:
    for subject in (f"{side}-body", f"{side}-property"):
        found = severities(placed(subject, before), placed(subject, after))
        assert found == {f"{side}-{aspect}": into if side == "request" else out}


@pytest.mark.parametrize(("rule", "before", "after", "severity", "other"), ONE_WAY, ids=ids(ONE_WAY))
def test_what_depends_on_the_way(
    rule: str, before: Schema, after: Schema, severity: str, other: dict[str, str]
) -> None:
    here, there = ("request", "response") if rule.startswith("request") else ("response", "request")
    assert severities(placed(f"{here}-body", before), placed(f"{here}-body", after)) == {rule: severity}
    assert severities(placed(f"{there}-body", before), placed(f"{there}-body", after)) == other


SAID_OF = [
    (subject, *row)
    for subject in ("request-property", "response-property", "request-parameter")
    for row in SAID
    # a parameter says itself that it is deprecated, not its schema: see test_operations.py
    if subject != "request-parameter" or row[0] not in ("deprecated", "reactivated")
]


@pytest.mark.parametrize(("subject", "aspect", "before", "after", "into", "out"), SAID_OF, ids=ids(SAID_OF))
def test_what_is_said_of_a_value(
    subject: str, aspect: str, before: Schema, after: Schema, into: str, out: str
) -> None:
    found = severities(placed(subject, before), placed(subject, after))
    assert found == {name_of(subject, aspect): into if SUBJECTS[subject] == "in" else out}


NAMED: dict[str, Any] = {"Cat": CAT, "Dog": DOG, "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}]}}
SAME: list[tuple[Schema, Schema]] = [
    ({"type": "integer", "nullable": True}, {"anyOf": [INTEGER, {"type": "null"}]}),
    ({"type": ["integer", "null"]}, {"oneOf": [{"type": "null"}, INTEGER]}),
    ({"type": "string", "nullable": True, "enum": ["a", None]}, {"enum": ["a", None]}),
    ({"const": "a"}, {"enum": ["a"]}),
    ({"const": "a", "type": "string"}, {"const": "a"}),
    ({"anyOf": [{"const": "a"}, {"const": "b"}]}, {"enum": ["b", "a"], "type": "string"}),
    ({"anyOf": [STRING, INTEGER]}, {"oneOf": [INTEGER, STRING]}),
    ({"type": ["string", "integer"]}, {"anyOf": [STRING, INTEGER]}),
    ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
    ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "minimum": 1}),
    ({"type": "integer", "exclusiveMaximum": 10}, {"type": "integer", "maximum": 9}),
    ({"type": "string", "minLength": 0}, STRING),
    ({"type": "array", "items": {}, "minItems": 0, "uniqueItems": False}, {"type": "array"}),
    ({"type": "string", "format": "binary"}, {"type": "string", "contentMediaType": "application/octet-stream"}),
    ({"type": "string", "format": "password"}, STRING),
    ({"allOf": [CAT]}, CAT),
    ({"$ref": "#/components/schemas/Cat"}, CAT),
    ({"allOf": [{"$ref": "#/components/schemas/Cat"}]}, {"$ref": "#/components/schemas/Cat"}),
    ({"$ref": "#/components/schemas/Pet"}, {"$ref": "#/components/schemas/Cat"}),
    ({"allOf": [thing(a=STRING), {**thing(b=STRING), "required": ["b"]}]}, {**thing(a=STRING, b=STRING), "required": ["b"]}),
    ({"oneOf": [CAT, DOG]}, {"anyOf": [{"$ref": "#/components/schemas/Dog"}, CAT]}),
    ({"type": "object", "additionalProperties": True}, {"type": "object"}),
    ({"type": "object", "additionalProperties": {}}, {"type": "object"}),
    ({**thing(a=STRING), "unevaluatedProperties": False}, closed(a=STRING)),
    ({"properties": {"a": STRING}}, thing(a=STRING)),
    ({"items": INTEGER}, LIST),
    (True, {}),
    ({"type": "array", "items": [INTEGER, STRING]}, {"type": "array", "prefixItems": [INTEGER, STRING]}),
    ({**thing(a=STRING, b=STRING), "required": ["a", "b"]}, {**thing(b=STRING, a=STRING), "required": ["b", "a"]}),
    ({"type": "string", "examples": ["a"], "x-order": 1}, {"type": "string", "examples": ["a"]}),
    ({"type": "integer", "default": None}, INTEGER),
    # what has to be there is never left out
    ({**thing(a={"type": "integer", "default": 1}), "required": ["a"]}, {**thing(a={"type": "integer", "default": 2}), "required": ["a"]}),
    # all that is asked at once
    ({"allOf": [NUMBER, INTEGER]}, INTEGER),
    ({"allOf": [{"type": "string", "minLength": 1}, {"minLength": 3}]}, {"type": "string", "minLength": 3}),
    ({"allOf": [{"type": "string", "maxLength": 3}, {"maxLength": 1}]}, {"type": "string", "maxLength": 1}),
    ({"allOf": [{"type": "integer", "minimum": 1}, {"minimum": 3}]}, {"type": "integer", "minimum": 3}),
    ({"allOf": [{"type": "number", "maximum": 3}, {"exclusiveMaximum": 3}]}, {"type": "number", "exclusiveMaximum": 3}),
    ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"enum": ["b"]}),
    ({"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]}, {"allOf": [{"type": "string", "pattern": "b"}, {"pattern": "a"}]}),
    ({"allOf": [thing(a=INTEGER), thing(a={"minimum": 3})]}, thing(a={"type": "integer", "minimum": 3})),
    ({"allOf": [LIST, {"items": {"minimum": 3}}]}, {"type": "array", "items": {"type": "integer", "minimum": 3}}),
    ({"allOf": [closed(a=STRING), {"additionalProperties": STRING}]}, closed(a=STRING)),
    (
        {"allOf": [{**thing(a=STRING), "required": ["a"]}, {**thing(b=STRING), "required": ["b"]}]},
        {**thing(a=STRING, b=STRING), "required": ["a", "b"]},
    ),
    # what another alternative takes all the same
    ({"anyOf": [STRING, {"type": "string", "format": "uuid"}]}, STRING),
    ({"anyOf": [closed(a=STRING), closed(a=STRING, b=STRING), DOG]}, {"anyOf": [closed(a=STRING, b=STRING), DOG]}),
    # of what lists its values, and of a tuple without room, nothing else is asked
    ({"type": "string", "enum": ["a"], "minLength": 1}, {"type": "string", "enum": ["a"]}),
    ({"type": "array", "prefixItems": [INTEGER], "maxItems": 1}, {"type": "array", "prefixItems": [INTEGER], "maxItems": 1, "items": False}),
]  # fmt: skip


@pytest.mark.parametrize("subject", BODIES)
@pytest.mark.parametrize(("one", "other"), SAME, ids=range(len(SAME)))
def test_the_same_in_other_words_is_no_change(subject: str, one: Schema, other: Schema) -> None:
    assert severities(placed(subject, one, **NAMED), placed(subject, other, **NAMED)) == {}
    assert severities(placed(subject, other, **NAMED), placed(subject, one, **NAMED)) == {}


@pytest.mark.parametrize("subject", BODIES)
@pytest.mark.parametrize(
    "schema", [*(row[1] for row in PAIRS), *(row[2] for row in PAIRS), *(row[0] for row in SAME)], ids=str
)
def test_a_schema_and_its_copy_are_one(subject: str, schema: Schema) -> None:
    assert severities(placed(subject, schema, **NAMED), placed(subject, copy.deepcopy(schema), **NAMED)) == {}


def test_an_alternative_is_read_in_the_document_that_has_it() -> None:
    def of(*alternatives: Schema, **named: Any) -> dict[str, Any]:
        return placed("response-body", {"anyOf": [*alternatives]}, **named)

    def ref(name: str) -> dict[str, Any]:
        return {**thing(of={"$ref": f"#/components/schemas/{name}"}), "required": ["of"]}

    old = of(ref("Cat"), LIST, thing(x=STRING), Cat=CAT)
    new = of(ref("Cat"), ref("Lion"), LIST, thing(x=STRING), Cat=CAT, Lion=CAT)
    assert severities(old, new) == {}
    wild = of(ref("Cat"), ref("Lion"), LIST, thing(x=STRING), Cat=CAT, Lion=thing(roar=STRING))
    assert severities(old, wild) == {"response-body-alternative-added": B}


# --- text: parameters, headers, forms --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (INTEGER, STRING, {"request-parameter-type-widened": I}),
        (STRING, INTEGER, {"request-parameter-type-narrowed": B}),
        (INTEGER, {"type": "string", "format": "uuid"}, {"request-parameter-type-changed": B}),
        (INTEGER, LIST, {"request-parameter-type-widened": I}),
        (LIST, INTEGER, {"request-parameter-type-narrowed": B}),
        (STRING, LIST, {"request-parameter-type-widened": I, "request-parameter-type-narrowed": B}),
        (INTEGER, {"anyOf": [INTEGER, {"type": "null"}]}, {}),
        ({"anyOf": [STRING, {"type": "null"}]}, STRING, {}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}, {"request-parameter-minimum-raised": B}),
        ({"enum": ["a"]}, {"enum": ["b"]}, {"request-parameter-enum-value-removed": B, "request-parameter-enum-value-added": I}),
    ],
)  # fmt: skip
def test_parameters_are_text(before: Schema, after: Schema, found: dict[str, str]) -> None:
    assert severities(placed("request-parameter", before), placed("request-parameter", after)) == found


def test_a_header_of_an_answer_is_text() -> None:
    def of(schema: Schema) -> dict[str, Any]:
        return placed("response-header", schema)

    assert severities(of(INTEGER), of(STRING)) == {"response-header-type-widened": B}
    assert severities(of(STRING), of(INTEGER)) == {"response-header-type-narrowed": I}
    assert severities(of(STRING), of({"anyOf": [STRING, {"type": "null"}]})) == {}


# --- null before OpenAPI 3.1 -----------------------------------------------------------------------------------------


def test_null_that_pydantic_1_did_not_write() -> None:
    def of(schema: Schema, version: str, **more: Any) -> dict[str, Any]:
        body = {**thing(a=schema), **more}
        return placed("response-body", body) | {"openapi": version}

    nullable = {"type": ["integer", "null"]}
    named = severities(of(INTEGER, "3.0.2"), of(nullable, "3.1.0"))
    assert named == {"response-property-null-named": W}
    became = {"response-property-became-nullable": B}
    assert severities(of(INTEGER, "3.1.0"), of(nullable, "3.1.0")) == became
    assert severities(of(INTEGER, "3.0.2"), of({**INTEGER, "nullable": True}, "3.0.3")) == became
    assert severities(of(INTEGER, "3.0.2", required=["a"]), of(nullable, "3.1.0", required=["a"])) == became
    lists: list[Schema] = [{"type": "array", "items": each} for each in (INTEGER, nullable)]
    assert severities(of(lists[0], "3.0.2"), of(lists[1], "3.1.0")) == became
    request = [placed("request-property", each) for each in (INTEGER, nullable)]
    assert severities({**request[0], "openapi": "3.0.2"}, request[1]) == {"request-property-null-named": I}


def test_the_default_of_a_set_has_no_order() -> None:
    def of(default: list[str], **more: Any) -> dict[str, Any]:
        return placed("request-parameter", {"type": "array", "items": STRING, "default": default, **more})

    assert severities(of(["a", "b"], uniqueItems=True), of(["b", "a"], uniqueItems=True)) == {}
    assert severities(of(["a", "b"]), of(["b", "a"])) == {"request-parameter-default-changed": B}


# --- places ----------------------------------------------------------------------------------------------------------


def test_recursive_schemas_end_and_are_told_once() -> None:
    def tree(value: Schema) -> dict[str, Any]:
        node = {"$ref": "#/components/schemas/Node"}
        named = thing(
            value=value, parent={"anyOf": [node, {"type": "null"}]}, children={"type": "array", "items": node}
        )
        return placed("response-body", node, Node=named)

    assert severities(tree(INTEGER), tree(INTEGER)) == {}
    assert severities(tree(INTEGER), tree(NUMBER)) == {"response-property-type-widened": B}


def test_unions_of_unions_end() -> None:
    kinds = [{"type": "string", "maxLength": number} for number in range(1, 9)]
    many = {"allOf": [{"anyOf": kinds} for _ in range(12)]}
    assert severities(placed("request-body", many), placed("request-body", LIST)) == {
        "request-body-type-changed": B
    }


@pytest.mark.parametrize(
    "circle",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}},
        {"A": {"anyOf": [{"$ref": "#/components/schemas/A"}, INTEGER]}},
        {"A": {"$ref": "#/components/schemas/Missing"}},
        {"A": {"$ref": "elsewhere.json#/A"}},
    ],
    ids=str,
)
def test_references_that_lead_nowhere_do_no_harm(circle: dict[str, Any]) -> None:
    lost = placed("request-body", {"$ref": "#/components/schemas/A"}, **circle)
    assert severities(lost, copy.deepcopy(lost)) == {}
    severities(lost, placed("request-body", CAT))
    severities(placed("request-body", CAT), lost)


def test_each_aspect_has_a_row() -> None:
    rows = {row[0] for row in PAIRS + OBJECTS + SAID + NULLABLE}
    one_way = {row[0].partition("-")[2] for row in ONE_WAY}
    assert rows | one_way | {"null-named"} == set(ASPECTS)
