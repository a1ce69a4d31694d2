"""Routes that a run has shown, and those it has not."""

from __future__ import annotations

import msgspec

from pitstop.measures import RouteCoverage
from pitstop.traces.asked import route_coverage
from pitstop.traces.records import Exchange, OpenAPI, Run

DOCUMENT = {
    "paths": {
        "/items": {"get": {}, "post": {}, "parameters": []},
        "/items/{number}": {"get": {}, "delete": {}},
        "/files/{path}": {"get": {}},
    }
}


def run(*exchanges: tuple[str, str, int], document: object = DOCUMENT, app: str = "app.main:app") -> Run:
    return Run(
        openapi=(OpenAPI(app=app, document=msgspec.Raw(msgspec.json.encode(document))),),
        exchanges=tuple(
            Exchange(key=f"replay#{number}", method=method, path="/", route=route, status=status)
            for number, (method, route, status) in enumerate(exchanges)
        ),
    )


def test_what_was_called_and_what_answered() -> None:
    found = route_coverage(
        run(
            ("GET", "/items", 200),
            ("POST", "/items", 422),
            ("POST", "/items", 401),
            ("GET", "/items/{number}", 404),
            ("GET", "/items/{number}", 304),
            ("GET", "/files/{path:path}", 200),
        ),
        "app.main:app",
    )
    assert found == RouteCoverage(declared=5, uncalled=("DELETE /items/{number}",), refused=("POST /items",))


def test_routes_of_mounted_apps_count() -> None:
    mounted = (("/api", msgspec.Raw(msgspec.json.encode(DOCUMENT))),)
    asked = msgspec.structs.replace(run(("GET", "/api/items", 200), document={"paths": {}}), openapi=())
    outer = OpenAPI(app="app.main:app", document=msgspec.Raw(b"{}"), mounted=mounted)
    found = route_coverage(msgspec.structs.replace(asked, openapi=(outer,)), "app.main:app")
    assert found is not None
    assert found.declared == 5
    assert "GET /api/items" not in found.uncalled


def test_a_request_that_never_ended_shows_nothing() -> None:
    found = route_coverage(
        run(("GET", "/items", 0), document={"paths": {"/items": {"get": {}}}}), "app.main:app"
    )
    assert found == RouteCoverage(declared=1, refused=("GET /items",))


def test_another_app_is_not_meant() -> None:
    assert route_coverage(run(app="tests.test_x:app"), "app.main:app") is None
    assert route_coverage(run(document={}), "app.main:app") is None
    assert route_coverage(run(document=[]), "app.main:app") is None
    assert route_coverage(Run(), "app.main:app") is None
