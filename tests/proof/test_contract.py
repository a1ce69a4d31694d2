from __future__ import annotations

import copy
from typing import Any

import pytest

from pitstop.proof.contract import compare
from pitstop.traces.records import Run
from tests.proof.runs import promising

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/items": {
            "get": {
                "parameters": [
                    {"name": "q", "in": "query", "required": False, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 10}},
                ],
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": {}}}},
                    "422": {
                        "description": "no",
                        "content": {"application/json": {"schema": {"$ref": "#/E"}}},
                    },
                },
            },
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/New"}}}},
                "responses": {"201": {"content": {"application/json": {"schema": {"type": "object"}}}}},
            },
        }
    },
    "components": {
        "schemas": {
            "E": {"type": "object", "required": ["a", "b"], "properties": {"required": {"enum": ["x", "y"]}}}
        }
    },
}
GET = ("paths", "/items", "get")
PARAMETERS = DOCUMENT["paths"]["/items"]["get"]["parameters"]
SUCCESS = (*GET, "responses", "200", "content", "application/json", "schema")
MODEL = {"type": "object", "properties": {"id": {"type": "integer"}}}


def altered(*steps: tuple[tuple[str, ...], Any]) -> Run:
    """The document with some places set, or taken out by an ellipsis."""
    document = copy.deepcopy(DOCUMENT)
    for path, value in steps:
        node = document
        for key in path[:-1]:
            node = node[key]
        if value is ...:
            del node[path[-1]]
        else:
            node[path[-1]] = value
    return promising(document)


BEFORE = altered()


def test_order_that_means_nothing_is_no_difference() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/items"]["get"]["parameters"].reverse()
    document["components"]["schemas"]["E"]["required"].reverse()
    document["components"]["schemas"]["E"]["properties"]["required"]["enum"].reverse()
    document["paths"]["/items"] = dict(reversed(document["paths"]["/items"].items()))
    assert compare(BEFORE, promising(document)).differences == ()


@pytest.mark.parametrize(
    ("path", "value", "where", "rule"),
    [
        (SUCCESS, MODEL, "GET /items, response 200, application/json", "response-body-schema-added"),
        (GET, ..., "GET /items", "operation-removed"),
        ((*GET, "deprecated"), True, "GET /items, deprecated", "operation-deprecated"),
        ((*GET, "responses", "200", "description"), "fine", "GET /items, response 200", "documentation-changed"),
        ((*GET, "responses", "422"), ..., "GET /items, response 422", "response-error-status-removed"),
        ((*GET, "parameters"), PARAMETERS[:1], "GET /items, query parameter limit", "request-parameter-removed"),
        (("info", "version"), "2", "info", "version-changed"),
        # what no rule looks at is a difference all the same
        (("components", "schemas", "E", "required"), ["a"], "schema E: required", "document-changed"),
        (("components", "schemas", "N"), MODEL, "schema N", "document-changed"),
        (("components", "schemas", "E"), ..., "schema E", "document-changed"),
        (("paths", "/items", "summary"), "s", "path /items, summary", "document-changed"),
        ((*GET, "x-cost"), 1, "GET /items: x-cost", "document-changed"),
    ],
)  # fmt: skip
def test_any_difference_is_named_by_its_place_and_rule(
    path: tuple[str, ...], value: Any, where: str, rule: str
) -> None:
    (found,) = compare(BEFORE, altered((path, value))).differences
    assert found.change is not None
    assert (found.kind, found.where, found.change.rule) == ("contract", where, rule)


def test_a_route_may_get_the_description_it_lacked() -> None:
    after = altered((SUCCESS, {"$ref": "#/components/schemas/N"}), (("components", "schemas", "N"), MODEL))
    found = compare(BEFORE, after, ("GET /items",))
    assert found.differences == ()
    assert found.described == ("GET /items",)
    assert compare(altered((SUCCESS, {"title": "Response"})), after, ("GET /items",)).differences == ()
    (undeclared,) = compare(BEFORE, after).differences
    assert undeclared.change is not None
    assert undeclared.change.rule == "response-body-schema-added"
    assert compare(BEFORE, after, ("GET /other",)).differences


@pytest.mark.parametrize("gone", [("components",), ("components", "schemas")])
def test_its_schema_may_be_the_first(gone: tuple[str, ...]) -> None:
    before = altered((gone, ...))
    described = (SUCCESS, {"$ref": "#/components/schemas/N"})
    after = altered((("components",), {"schemas": {"N": MODEL}}), described)
    assert compare(before, after, ("GET /items",)).differences == ()
    more = altered((("components",), {"schemas": {"N": MODEL}, "headers": {"A": {}}}), described)
    assert compare(before, more, ("GET /items",)).differences
    alone = altered((("components",), {"schemas": {"N": MODEL}}))
    assert compare(before, alone, ("GET /items",)).differences


@pytest.mark.parametrize(
    "steps",
    [
        # another route is described
        [((*GET[:2], "post", "responses", "201", "content", "application/json", "schema"), MODEL)],
        # a described answer is described otherwise
        [(SUCCESS, MODEL), ((*GET, "responses", "422", "content", "application/json", "schema"), MODEL)],
        # a component that was there is changed, or goes, for the new one's sake
        [(SUCCESS, MODEL), (("components", "schemas", "E", "required"), ["a"])],
        [(SUCCESS, MODEL), (("components", "schemas", "E"), ...)],
        # components come, and no route is described
        [(("components", "schemas", "N"), MODEL)],
        # the answer goes altogether
        [(SUCCESS, ...)],
        [((*GET, "responses", "200"), ...)],
    ],
)
def test_nothing_else_may_change_beside_it(steps: list[tuple[tuple[str, ...], Any]]) -> None:
    assert compare(BEFORE, altered(*steps), ("GET /items",)).differences


def test_a_described_answer_may_not_be_described_anew() -> None:
    before = altered((SUCCESS, {"type": "object"}))
    after = altered((SUCCESS, {"type": "object", "additionalProperties": False}))
    assert compare(before, after, ("GET /items",)).differences


def test_what_the_unchanged_app_does_by_itself_is_ignored_there_alone() -> None:
    again = altered((("info", "version"), "2"))
    assert compare(BEFORE, altered((("info", "version"), "3")), again=again).differences == ()
    both = altered((("info", "version"), "3"), (("info", "title"), "Other"))
    (found,) = compare(BEFORE, both, again=again).differences
    assert found.change is not None
    assert (found.where, found.change.rule) == ("info", "documentation-changed")


def test_documents_that_come_or_go() -> None:
    (lost,) = compare(BEFORE, Run()).differences
    assert (lost.before, lost.after) == ("a document", "(not there)")
    assert compare(Run(), Run()).documents == 0
    two = Run(openapi=(*promising(DOCUMENT, "a:app").openapi, *promising({"openapi": "x"}, "b:app").openapi))
    other = Run(
        openapi=(*promising(DOCUMENT, "a:app").openapi, *promising({"openapi": "y"}, "b:app").openapi)
    )
    assert [each.where for each in compare(two, other).differences] == ["b:app: OpenAPI document: openapi"]
