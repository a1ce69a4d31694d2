"""Each rule of operations with how bad it is, beside a change like it that is none."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pitstop.contract.compare import compare
from pitstop.contract.rules import OPERATIONS, TURNED, catalogue

from .documents import answering, document, json_of, of, rules, severities

B, W, I = "breaking", "warning", "info"  # noqa: E741  # one letter each keeps the table readable

STRING = {"type": "string"}
OAUTH = {"type": "oauth2", "flows": {"password": {"tokenUrl": "token", "scopes": {"read": "", "write": ""}}}}
SCHEMES: dict[str, Any] = {
    "OAuth": OAUTH,
    "Bearer": {"type": "http", "scheme": "bearer"},
    "Basic": {"type": "http", "scheme": "basic"},
    "Digest": {"type": "http", "scheme": "digest"},
    "Key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "SameKey": {"type": "apiKey", "in": "header", "name": "X-Key"},
}


def parameters(*given: dict[str, Any]) -> dict[str, Any]:
    return of({"parameters": list(given)})


def parameter(name: str = "q", place: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": STRING, **more}


def body(*media: str, **more: Any) -> dict[str, Any]:
    return of({"requestBody": {"content": {each: {"schema": STRING} for each in media}, **more}})


def statuses(*given: str) -> dict[str, Any]:
    return of({"responses": {status: json_of(STRING) for status in given}})


def answers(*media: str) -> dict[str, Any]:
    return answering({"content": {each: {"schema": STRING} for each in media}})


def headers(**given: dict[str, Any]) -> dict[str, Any]:
    return answering({"headers": given})


def secured(*ways: dict[str, list[str]], **schemes: Any) -> dict[str, Any]:
    more = {"components": {"securitySchemes": {**SCHEMES, **schemes}}}
    return of({"security": list(ways)} if ways else {}, **more)


def flows(**given: Any) -> dict[str, Any]:
    return secured({"OAuth": []}, OAuth={"type": "oauth2", "flows": given})


GET: dict[str, Any] = {"get": {}}
POST_AND_GET: dict[str, Any] = {"get": {}, "post": {}}

ROWS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("operation-added", I, document({"/a": GET}), document({"/a": POST_AND_GET})),
    ("operation-added", I, document({"/a": GET}), document({"/a": GET, "/b": GET})),
    ("operation-removed", B, document({"/a": POST_AND_GET}), document({"/a": GET})),
    ("operation-removed", B, document({"/a": GET, "/b": GET}), document({"/a": GET})),
    ("deprecated-operation-removed", W, of({"deprecated": True}), document({})),
    ("operation-deprecated", I, of({}), of({"deprecated": True})),
    ("operation-reactivated", I, of({"deprecated": True}), of({"deprecated": False})),
    ("operation-id-changed", I, of({"operationId": "a"}), of({"operationId": "b"})),
    ("trailing-slash-changed", W, document({"/a/": GET}), document({"/a": GET})),
    ("request-parameter-added", I, parameters(), parameters(parameter())),
    ("request-required-parameter-added", B, parameters(), parameters(parameter(required=True))),
    ("request-parameter-removed", W, parameters(parameter()), parameters()),
    ("request-parameter-became-required", B, parameters(parameter()), parameters(parameter(required=True))),
    ("request-parameter-became-optional", I, parameters(parameter(required=True)), parameters(parameter())),
    ("request-parameter-style-changed", B, parameters(parameter()), parameters(parameter(explode=False))),
    ("request-parameter-deprecated", I, parameters(parameter()), parameters(parameter(deprecated=True))),
    ("request-parameter-reactivated", I, parameters(parameter(deprecated=True)), parameters(parameter())),
    ("request-parameter-documentation-changed", I, parameters(parameter()), parameters(parameter(description="a"))),
    ("request-body-added", I, of({}), body("a/a")),
    ("request-required-body-added", B, of({}), body("a/a", required=True)),
    ("request-body-removed", W, body("a/a"), of({})),
    ("request-body-became-required", B, body("a/a"), body("a/a", required=True)),
    ("request-body-became-optional", I, body("a/a", required=True), body("a/a")),
    ("request-media-type-added", I, body("a/a"), body("a/a", "b/b")),
    ("request-media-type-removed", B, body("a/a", "b/b"), body("a/a")),
    ("response-success-status-changed", B, statuses("200"), statuses("201")),
    ("response-success-status-removed", B, statuses("200", "404"), statuses("404")),
    ("response-success-status-added", W, statuses("200"), statuses("200", "202")),
    ("response-error-status-removed", I, statuses("200", "404"), statuses("200")),
    ("response-error-status-added", I, statuses("200"), statuses("200", "404")),
    ("response-body-added", I, answering({}), answers("a/a")),
    ("response-body-removed", B, answers("a/a"), answering({})),
    ("response-media-type-added", I, answers("a/a"), answers("a/a", "b/b")),
    ("response-media-type-removed", B, answers("a/a", "b/b"), answers("a/a")),
    ("response-header-added", I, headers(), headers(A={"schema": STRING})),
    ("response-header-removed", W, headers(A={"schema": STRING}), headers()),
    ("response-required-header-removed", B, headers(A={"schema": STRING, "required": True}), headers()),
    ("response-header-became-required", I, headers(A={"schema": STRING}), headers(A={"schema": STRING, "required": True})),
    ("response-header-became-optional", B, headers(A={"schema": STRING, "required": True}), headers(A={"schema": STRING})),
    ("security-added", B, secured(), secured({"Bearer": []})),
    ("security-added", B, secured({}, {"Bearer": []}), secured({"Bearer": []})),
    ("security-removed", W, secured({"Bearer": []}), secured()),
    ("security-changed", B, secured({"Bearer": []}), secured({"Key": []})),
    ("security-changed", B, secured({"Basic": []}), secured({"Digest": []})),
    ("security-changed", B, secured({"Key": []}), secured({"Key": [], "Bearer": []})),
    ("security-alternative-added", W, secured({"Bearer": []}), secured({"Bearer": []}, {"Key": []})),
    ("security-alternative-removed", B, secured({"Bearer": []}, {"Key": []}), secured({"Bearer": []})),
    ("security-scope-added", B, secured({"OAuth": ["read"]}), secured({"OAuth": ["read", "write"]})),
    ("security-scope-removed", I, secured({"OAuth": ["read", "write"]}), secured({"OAuth": ["read"]})),
    ("security-url-changed", W, flows(password={"tokenUrl": "a"}), flows(password={"tokenUrl": "b"})),
    (
        "security-url-changed", W,
        secured({"Open": []}, Open={"type": "openIdConnect", "openIdConnectUrl": "a"}),
        secured({"Open": []}, Open={"type": "openIdConnect", "openIdConnectUrl": "b"}),
    ),
    ("security-flow-added", I, flows(password={}), flows(password={}, implicit={})),
    ("security-flow-removed", B, flows(password={}, implicit={}), flows(password={})),
    ("security-flow-scope-added", I, flows(password={"scopes": {}}), flows(password={"scopes": {"a": ""}})),
    ("security-flow-scope-removed", W, flows(password={"scopes": {"a": ""}}), flows(password={"scopes": {}})),
    ("server-added", I, of({}), of({}, servers=[{"url": "/"}, {"url": "/api"}])),
    ("server-removed", W, of({}, servers=[{"url": "/"}, {"url": "/api"}]), of({})),
    ("version-changed", I, of({}), of({}, info={"title": "Shop", "version": "2"})),
    ("documentation-changed", I, of({"summary": "a"}), of({"summary": "b"})),
    ("documentation-changed", I, of({}), of({}, info={"title": "Other", "version": "1"})),
    ("documentation-changed", I, answering({"description": "a"}), answering({"description": "b"})),
    (
        "documentation-changed", I,
        answering({"content": {"a/a": {"example": 1}}}), answering({"content": {"a/a": {"example": 2}}}),
    ),
    ("webhook-added", I, document({}), document({}, webhooks={"sold": {"post": {}}})),
    ("webhook-removed", B, document({}, webhooks={"sold": {"post": {}}}), document({})),
    ("callback-added", I, of({}), of({"callbacks": {"sold": {"{$url}": {"post": {}}}}})),
    ("callback-removed", B, of({"callbacks": {"sold": {"{$url}": {"post": {}}}}}), of({})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "severity", "before", "after"), ROWS, ids=[f"{n}-{row[0]}" for n, row in enumerate(ROWS)]
)
def test_a_rule_and_nothing_else_is_told(
    rule: str, severity: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert severities(before, after) == {rule: severity}
    assert compare(before, copy.deepcopy(before)) == ()
    assert compare(after, copy.deepcopy(after)) == ()


def test_each_rule_of_operations_has_a_row() -> None:
    assert set(OPERATIONS) - {row[0] for row in ROWS} == {"document-changed"}  # told by the proof alone


SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "a parameter of the path has another name",
        document({"/a/{id}": {"get": {"parameters": [parameter("id", "path", required=True)]}}}),
        document({"/a/{a_id}": {"get": {"parameters": [parameter("a_id", "path", required=True)]}}}),
    ),
    (
        "parameters stand in another order, or with the path",
        document({"/a": {"get": {"parameters": [parameter("a"), parameter("b")]}}}),
        document({"/a": {"get": {"parameters": [parameter("b")]}, "parameters": [parameter("a")]}}),
    ),
    ("the name of a header is written otherwise", parameters(parameter("X-A", "header")), parameters(parameter("x-a", "header"))),
    ("the usual style is named", parameters(parameter()), parameters(parameter(style="form", explode=True))),
    ("a parameter stands in a content", parameters(parameter()), parameters({"name": "q", "in": "query", "content": {"application/json": {"schema": STRING}}})),
    ("a media type has a charset", body("text/plain"), body("text/plain; charset=utf-8")),
    ("a range of media types holds it", answers("text/*"), answers("text/*")),
    ("a range of statuses holds it", statuses("200", "4XX"), statuses("200", "4XX")),
    ("a scheme has another name", secured({"Key": []}), secured({"SameKey": []})),
    ("a bearer token is had otherwise", secured({"OAuth": []}), secured({"Bearer": []})),
    ("a bearer token of OpenID Connect", secured({"Open": []}, Open={"type": "openIdConnect"}), secured({"Bearer": []})),
    ("ways to be let in stand in another order", secured({"Key": []}, {"Basic": []}), secured({"Basic": []}, {"Key": []})),
    (
        "security of all operations is written at each",
        of({}, security=[{"Key": []}], components={"securitySchemes": SCHEMES}),
        secured({"Key": []}),
    ),
    (
        "a parameter of the path is not described, or not by its name",
        document({"/a/{id}": {"get": {}}}),
        document({"/a/{id}": {"get": {"parameters": [parameter("id", "path", required=True), parameter("b", "path", required=True)]}}}),
    ),
    ("a component that nothing uses", of({}, components={"schemas": {"A": STRING}}), of({}, components={"schemas": {"B": STRING}})),
    (
        "a body stands among the components",
        body("a/a"),
        of({"requestBody": {"$ref": "#/components/requestBodies/B"}}, components={"requestBodies": {"B": {"content": {"a/a": {"schema": STRING}}}}}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("_why", "one", "other"), SAME, ids=[row[0] for row in SAME])
def test_the_same_in_other_words_is_no_change(_why: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert rules(one, other) == set()
    assert rules(other, one) == set()


def test_scopes_of_several_ways_to_be_let_in() -> None:
    reads, both = secured({"OAuth": ["read"]}), secured({"OAuth": ["write"]}, {"OAuth": ["read"]})
    assert severities(reads, both) == {}
    assert severities(both, reads) == {"security-scope-added": B}


def test_a_status_that_a_range_describes_is_compared_with_the_range() -> None:
    came = "response-error-status-added"
    assert rules(statuses("404"), statuses("4XX")) == {came}
    number = of({"responses": {"4XX": json_of({"type": "integer"})}})
    assert rules(statuses("404"), number) == {came, "response-body-type-changed"}
    assert rules(statuses("500"), of({"responses": {"default": json_of(STRING)}})) == {came}
    assert rules(statuses("404"), statuses("5XX")) == {came, "response-error-status-removed"}


def test_a_media_type_that_a_range_takes_is_compared_with_the_range() -> None:
    assert rules(body("text/plain"), body("text/*")) == {"request-media-type-added"}
    assert rules(body("text/*"), body("text/plain")) == {"request-media-type-removed"}
    assert rules(body("text/plain"), body("*/*")) == {"request-media-type-added"}


def test_an_answer_with_another_status_is_compared_all_the_same() -> None:
    after = of({"responses": {"201": json_of({"type": "integer"})}})
    found = severities(statuses("200"), after)
    assert found == {"response-success-status-changed": B, "response-body-type-changed": B}


def test_a_cookie_is_sent_once_and_a_header_more_than_once() -> None:
    def of_list(place: str) -> dict[str, Any]:
        return parameters(parameter(place=place, schema={"type": "array", "items": STRING}))

    for place, rule in (("cookie", "type-changed"), ("header", "type-widened")):
        assert rules(parameters(parameter(place=place)), of_list(place)) == {f"request-parameter-{rule}"}


def test_of_several_statuses_none_is_taken_for_another() -> None:
    assert severities(statuses("200", "202"), statuses("201", "204")) == {
        "response-success-status-removed": B,
        "response-success-status-added": W,
    }


def test_what_need_not_be_sent_before_and_after_has_a_default_and_nothing_else() -> None:
    with_default = parameter(schema={**STRING, "default": "a"})
    assert rules(parameters(parameter(required=True)), parameters(with_default)) == {
        "request-parameter-became-optional"
    }
    assert rules(parameters(parameter()), parameters(with_default)) == {"request-parameter-default-added"}


# --- what the service sends ------------------------------------------------------------------------------------------


def sold(**operation: Any) -> dict[str, Any]:
    return document({}, webhooks={"sold": {"post": operation}})


def told(**operation: Any) -> dict[str, Any]:
    return of({"callbacks": {"sold": {"{$request.body#/url}": {"post": operation}}}})


SENT: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("request-body-added", I, {}, {"requestBody": json_of(STRING)}),
    ("request-required-body-added", I, {}, {"requestBody": {**json_of(STRING), "required": True}}),
    ("request-body-removed", B, {"requestBody": json_of(STRING)}, {}),
    ("request-body-became-required", I, {"requestBody": json_of(STRING)}, {"requestBody": {**json_of(STRING), "required": True}}),
    ("request-body-became-optional", B, {"requestBody": {**json_of(STRING), "required": True}}, {"requestBody": json_of(STRING)}),
    ("request-media-type-added", B, {"requestBody": {"content": {"a/a": {}}}}, {"requestBody": {"content": {"a/a": {}, "b/b": {}}}}),
    ("request-media-type-removed", I, {"requestBody": {"content": {"a/a": {}, "b/b": {}}}}, {"requestBody": {"content": {"a/a": {}}}}),
    ("request-body-type-widened", B, {"requestBody": json_of({"type": "integer"})}, {"requestBody": json_of({"type": "number"})}),
    ("request-body-type-narrowed", I, {"requestBody": json_of({"type": "number"})}, {"requestBody": json_of({"type": "integer"})}),
    ("request-parameter-added", I, {}, {"parameters": [parameter()]}),
    ("request-required-parameter-added", I, {}, {"parameters": [parameter(required=True)]}),
    ("request-parameter-removed", B, {"parameters": [parameter()]}, {}),
    ("request-parameter-became-required", I, {"parameters": [parameter()]}, {"parameters": [parameter(required=True)]}),
    ("request-parameter-became-optional", B, {"parameters": [parameter(required=True)]}, {"parameters": [parameter()]}),
    ("response-success-status-added", I, {"responses": {"200": {}}}, {"responses": {"200": {}, "204": {}}}),
    ("response-success-status-removed", B, {"responses": {"200": {}, "204": {}}}, {"responses": {"200": {}}}),
    ("response-success-status-changed", B, {"responses": {"200": {}}}, {"responses": {"204": {}}}),
    ("response-body-added", W, {"responses": {"200": {}}}, {"responses": {"200": json_of(STRING)}}),
    ("response-body-removed", I, {"responses": {"200": json_of(STRING)}}, {"responses": {"200": {}}}),
    ("response-body-min-length-added", B, {"responses": {"200": json_of(STRING)}}, {"responses": {"200": json_of({**STRING, "minLength": 1})}}),
    ("response-media-type-added", I, {"responses": {"200": {"content": {"a/a": {}}}}}, {"responses": {"200": {"content": {"a/a": {}, "b/b": {}}}}}),
    ("response-media-type-removed", B, {"responses": {"200": {"content": {"a/a": {}, "b/b": {}}}}}, {"responses": {"200": {"content": {"a/a": {}}}}}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "before", "after"), SENT, ids=[row[0] for row in SENT])
def test_what_the_service_sends_itself_goes_the_other_way(
    rule: str, severity: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert severities(sold(**before), sold(**after)) == {f"webhook-{rule}": severity}
    assert severities(told(**before), told(**after)) == {f"callback-{rule}": severity}
    (change,) = compare(told(**before), told(**after))
    assert change.operation == "POST /items, callback sold: POST {$request.body#/url}"


def test_each_rule_that_is_turned_has_a_row() -> None:
    assert set(TURNED) <= {row[0] for row in SENT}


# --- how it is told --------------------------------------------------------------------------------------------------


def test_a_change_says_where_and_in_which_model() -> None:
    def of_price(schema: dict[str, Any]) -> dict[str, Any]:
        item = {"type": "object", "properties": {"price": schema}, "required": ["price"]}
        page = {
            "type": "object",
            "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
        }
        return answering(json_of({"$ref": "#/components/schemas/Page"})) | {
            "components": {"schemas": {"Item": item, "Page": page}}
        }

    (change,) = compare(of_price({"type": "integer"}), of_price({"type": "number"}))
    assert change.operation == "POST /items"
    assert change.place == "response 200, application/json: items[].price"
    assert change.model == "Item: price"
    assert (change.before, change.after) == ("an integer", "a number")
    assert change.text == "`items[].price` of the answer 200 may be a number, and was an integer"


def test_the_worst_is_told_first() -> None:
    before = of({"parameters": [parameter("a"), parameter("b")], "operationId": "x"})
    after = of({"parameters": [parameter("b", required=True)], "operationId": "y"})
    assert [change.severity for change in compare(before, after)] == [B, W, I]


def test_names_of_rules_are_words_with_hyphens_and_sentences_have_no_gaps() -> None:
    for name, rule in catalogue().items():
        assert name.replace("-", "").isalpha(), name
        assert name == name.lower()
        text = rule.text.format(what="it", before="a", after="b")
        assert text == text.strip(" ."), name


@pytest.mark.parametrize(
    "broken", [None, [], 1, "x", {}, {"paths": []}, {"paths": {"/a": 1}}, {"paths": {"/a": {"get": 1}}}]
)
def test_what_is_no_document_is_passed_over(broken: Any) -> None:
    whole = of({"parameters": [parameter()]})
    compare(broken, whole)
    compare(whole, broken)
