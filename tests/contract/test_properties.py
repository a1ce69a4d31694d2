"""What holds of any two documents, tried on many; a validator of JSON Schema is the judge of what schemas allow."""

from __future__ import annotations

import copy
import os
from typing import Any

import jsonschema
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pitstop.contract.compare import compare
from pitstop.contract.document import Document
from pitstop.contract.rules import ASPECTS
from pitstop.contract.schemas import At, Pair, Walk
from pitstop.contract.shapes import Shapes

from .documents import Schema, placed

MANY = settings(max_examples=int(os.environ.get("MANY_EXAMPLES", "60")), deadline=None)
NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["", "a", "ab", "abc"])


def _scalars() -> st.SearchStrategy[dict[str, Any]]:
    number = st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": st.integers(0, 3),
            "exclusiveMinimum": st.integers(0, 3),
            "maximum": st.integers(2, 5),
            "exclusiveMaximum": st.integers(2, 5),
            "multipleOf": st.sampled_from([1, 2]),
        },
    )
    text = st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": st.integers(0, 2),
            "maxLength": st.integers(1, 3),
            "pattern": st.sampled_from(["a", "b"]),
        },
    )
    values = st.fixed_dictionaries(
        {
            "enum": st.lists(
                st.one_of(TEXTS, st.integers(0, 3), st.none()), min_size=1, max_size=3, unique=True
            )
        }
    )
    plain = st.sampled_from(["null", "boolean", "integer", "string"]).map(lambda kind: {"type": kind})
    several = st.lists(
        st.sampled_from(["null", "boolean", "integer", "string"]), min_size=1, max_size=3, unique=True
    )
    return st.one_of(number, text, values, plain, several.map(lambda kinds: {"type": kinds}))


def _nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    items = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={
            "items": inner,
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(1, 3),
            "uniqueItems": st.booleans(),
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
        },
    )
    # Keys that are not named are refused: that a new one narrows those that were let through is not told.
    things = st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(NAMES, inner, min_size=1, max_size=3),
            "additionalProperties": st.just(False),
        },
        optional={"required": st.lists(NAMES, max_size=2, unique=True)},
    )
    maps = st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner})
    unions = st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts})
    joined = st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"allOf": parts})
    return st.one_of(items, things, maps, unions, joined)


SCHEMAS = st.recursive(_scalars(), _nested, max_leaves=6)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 6), st.sampled_from([0.5, 2.5]), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=5,
)


def effects(old: Schema, new: Schema) -> set[str]:
    """What becomes of the values that a schema allows."""
    documents = Document({}), Document({})
    walk = Walk(Pair(Shapes(documents[0]), Shapes(documents[1]), frozenset()), "in")
    walk.schemas(old, new, At())
    return {ASPECTS[note.aspect].effect for note in walk.notes}


@MANY
@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=5, max_size=15))
@example({"type": "integer"}, {"type": "integer", "minimum": 1}, [0])
@example(
    {"type": "object", "properties": {"b": {}}, "additionalProperties": False},
    {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
    [{"a": 1}, {"b": 1}],
)
@example({"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "string"}, [0])
def test_no_value_is_lost_or_won_without_a_word(old: Schema, new: Schema, values: list[Any]) -> None:
    one, other = (jsonschema.Draft202012Validator(schema) for schema in (old, new))
    found = effects(old, new)
    for value in values:
        before, after = one.is_valid(value), other.is_valid(value)
        if before and not after:
            assert found & {"narrower", "other"}, (value, found)
        if after and not before:
            # a property that can be sent now is told, and as none that makes a difference to old clients
            assert found & {"wider", "other", "none"}, (value, found)


@MANY
@given(SCHEMAS)
def test_a_document_and_itself(schema: Schema) -> None:
    for subject in ("request-parameter", "request-body", "response-property", "response-header"):
        document = placed(subject, schema)
        assert compare(document, copy.deepcopy(document)) == ()


@MANY
@given(SCHEMAS, SCHEMAS)
def test_what_is_told_there_is_told_back(old: Schema, new: Schema) -> None:
    assert bool(effects(old, new)) == bool(effects(new, old))


@MANY
@given(SCHEMAS, SCHEMAS)
def test_what_is_added_and_need_not_be_used_breaks_nobody_and_taking_it_away_is_told(
    schema: Schema, added: Schema
) -> None:
    def thing(*, more: bool) -> dict[str, Any]:
        properties = {"old": schema} | ({"new": added} if more else {})
        return {"type": "object", "properties": properties}

    for subject in ("request-body", "response-body"):
        before, after = placed(subject, thing(more=False)), placed(subject, thing(more=True))
        assert {change.severity for change in compare(before, after)} == {"info"}
        assert {change.severity for change in compare(after, before)} == {"warning"}
    before, after = placed("request-parameter", schema), placed("request-parameter", schema)
    operation = after["paths"]["/items"]["post"]
    operation["parameters"].append({"name": "new", "in": "query", "schema": added})
    assert [change.rule for change in compare(before, after)] == ["request-parameter-added"]
    assert [change.severity for change in compare(after, before)] == ["warning"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.floats(), st.sampled_from(["a", "object", "#/components/schemas/A", "integer"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["$ref", "type", "enum", "anyOf", "allOf", "items", "properties", "required", "minimum", "exclusiveMinimum", "maxLength",
                 "additionalProperties", "discriminator", "mapping", "format", "pattern", "nullable", "prefixItems", "default"]
            ),
            inner, max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@MANY
@given(JSON, JSON)
def test_what_makes_no_sense_stops_nothing(one: Any, other: Any) -> None:
    for subject in ("request-parameter", "request-body", "response-property"):
        compare(placed(subject, one, A=other), placed(subject, other, A=one))
    document = {
        "paths": {"/a": {"get": one}},
        "webhooks": other,
        "info": one,
        "servers": other,
        "security": one,
    }
    compare(
        document,
        {"paths": other, "components": {"schemas": one, "securitySchemes": other}, "security": other},
    )
