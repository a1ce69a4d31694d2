"""Which route takes a path, as the app itself would say."""

from __future__ import annotations

import msgspec
import pytest
from fastapi import FastAPI
from starlette.routing import Match, Route

from pitstop.traces.records import Exchange, OpenAPI, Run
from pitstop.traces.templates import Templates, templates_of

APP = FastAPI()


@APP.get("/items/{item}")
@APP.get("/items/mine")
@APP.get("/files/{path:path}")
@APP.get("/orders/{number:int}/lines")
@APP.get("/rates/{rate:float}")
@APP.get("/users/me")
@APP.get("/users/{user}")
@APP.get("/a.b/{x}-{y}")
@APP.get("/things/{thing:uuid}")
@APP.post("/users")
def handler() -> None:
    """Never called: only its routes are asked."""


ROUTES = [
    (f"{method} {route.path}", route)
    for route in APP.router.routes
    if isinstance(route, Route)
    for method in route.methods or ()
]


@pytest.mark.parametrize(
    "path",
    [
        "/items/1", "/items/mine", "/items/", "/items", "/items/1/2", "/files/", "/files/a/b c", "/files", "/orders/12/lines",
        "/orders/x/lines", "/rates/1.5", "/rates/1.", "/users/me", "/users/me2", "/users/ünï", "/a.b/1-2", "/axb/1-2", "/a.b/1-2-3",
        "/things/6ba7b810-9dad-11d1-80b4-00c04fd430c8", "/things/1", "/users/a\nb", "/users", "/", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_as_starlette_takes_it(method: str, path: str) -> None:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    wanted = next((name for name, route in ROUTES if route.matches(scope)[0] is Match.FULL), "")
    assert Templates(name for name, _ in ROUTES).match(method, path) == wanted


def run(*exchanges: Exchange, document: object = None) -> Run:
    paths: object = {} if document is None else document
    return Run(
        exchanges=exchanges,
        openapi=(OpenAPI(app="m:app", document=msgspec.Raw(msgspec.json.encode({"paths": paths}))),),
    )


def sent(route: str, path: str) -> Exchange:
    return Exchange(key="replay#1", method="GET", path=path, route=route, status=200)


def test_the_order_is_that_of_the_document() -> None:
    shadowed = templates_of(run(document={"/users/{user}": {"get": {}}, "/users/me": {"get": {}}}), "m:app")
    assert shadowed.match("GET", "/users/me") == "GET /users/{user}"
    first = templates_of(run(document={"/users/me": {"get": {}}, "/users/{user}": {"get": {}}}), "m:app")
    assert first.match("GET", "/users/me") == "GET /users/me"


def test_converters_are_those_of_the_run_or_of_the_source() -> None:
    paths: object = {"/files/{path}": {"get": {}}, "/logs/{path}": {"get": {}}}
    found = templates_of(
        run(sent("/files/{path:path}", "/files/a"), document=paths), "m:app", ["GET /logs/{path:path}"]
    )
    assert found.match("GET", "/files/a") == "GET /files/{path:path}"
    assert found.match("GET", "/files/a/b") == "GET /files/{path:path}"
    assert found.match("GET", "/logs/a/b") == "GET /logs/{path:path}"


def test_routes_that_no_document_holds() -> None:
    found = templates_of(
        run(
            sent("/static/{path}", "/static/css/site.css"), sent("/users/export", "/users/export"), sent("", "/nothing"),
            document={"/users/{user}": {"get": {}}},
        ),
        "m:app",
        ["GET /hidden/{thing}", "WEBSOCKET /live"],
    )  # fmt: skip
    assert found.match("GET", "/static/js/site.js") == "GET /static/{path}"
    assert found.match("GET", "/users/export") == "GET /users/export"
    assert found.match("GET", "/users/1") == "GET /users/{user}"
    assert found.match("GET", "/hidden/1") == "GET /hidden/{thing}"
    assert found.match("WEBSOCKET", "/live") == "WEBSOCKET /live"
    assert found.match("GET", "/nothing") == ""


def test_an_app_without_a_name_has_its_document_all_the_same() -> None:
    nameless = run(document={"/a": {"get": {}}})
    assert templates_of(nameless, "m:make").match("GET", "/a") == "GET /a"
