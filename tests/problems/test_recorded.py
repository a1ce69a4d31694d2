"""Where detectors that ask what was sent and answered draw the line, by records made by hand."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange, Frame, OpenAPI, Run, Statement
from pitstop.traces.store import Traces

SERVICE = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/a/{id:path}")
def a(db, value):
    return db.execute(f"SELECT 1 FROM a WHERE b = '{value}'")


@app.get("/b/{id}")
def b(db, value):
    return a(db, value)


@app.get("/c")
def c():
    return 1


@app.get("/d")
def d():
    return 1
"""
A, B = (Frame("main.py", 8, "a"), Frame("main.py", 13, "b"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> project.Project:
    folder = tmp_path_factory.mktemp("service")
    (folder / "main.py").write_text(SERVICE)
    return project.read(folder)


def detected(name: str, traces: Any, service: project.Project) -> list[Finding]:
    detector = discover()[name].detector
    assert detector is not None
    return list(detector(traces, service))


def exchange(route: str, status: int = 200, **given: Any) -> Exchange:
    headers = (("content-type", "application/json"),)
    given = {"response_headers": headers, "duration_ns": 9_000_000, **given}
    return Exchange(key="r#1", method="GET", path=route, route=route, status=status, **given)


def run_of(*exchanges: Exchange, **given: Any) -> Run:
    return Run(exchanges=exchanges, owners=dict.fromkeys(range(len(exchanges)), 1), **given)


def written(
    service: project.Project, *texts: str, operation: str = "SELECT", frames: tuple[Frame, ...] = (A, B)
) -> list[Finding]:
    """What is told of statements of these texts, each slower than the one before."""
    statements = [
        Statement(sql=text, operation=operation, start_ns=n, duration_ns=(9 - n) * 1_000_000, stack=1)
        for n, text in enumerate(texts)
    ]
    run = run_of(*(exchange("/b/{id}", statements=(each,)) for each in statements), stacks={(1, 1): frames})
    with Traces.load(run) as traces:
        return detected("statement-built-from-strings", traces, service)


def texts(count: int, sql: str = "SELECT 1 FROM a WHERE b = '{}'") -> list[str]:
    return [sql.format(f"x{number}") for number in range(count)]


def test_five_texts_are_no_branches(service: project.Project) -> None:
    (finding,) = written(service, *texts(5))
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert (finding.location.line, evidence.figures) == (8, {"texts": 5, "duration_ms": 9})
    assert not written(service, *texts(4))
    assert not written(service, *texts(4), texts(1)[0]), "one of them twice"
    others = texts(4, "SELECT 2 FROM z WHERE b = '{}'")
    assert not written(service, *texts(4), *others), "two statements"


def test_what_drivers_write_themselves_is_left(service: project.Project) -> None:
    inserts = texts(5, "INSERT INTO a SELECT 1 FROM a WHERE b = '{}'")
    assert not written(service, *inserts, operation="INSERT")


def document(*paths: str, **operation: Any) -> tuple[OpenAPI, ...]:
    told = {"paths": {path: {"get": {"responses": {"200": {}}, **operation}} for path in paths}}
    return (OpenAPI(document=msgspec.Raw(json.dumps(told).encode())),)


PATHS = ("/a/{id}", "/b/{id}", "/c")
ROUTES = ("/a/{id:path}", "/b/{id}", "/c")


def undocumented(
    service: project.Project, *exchanges: Exchange, openapi: tuple[OpenAPI, ...] = document(*PATHS)
) -> list[Finding]:
    with Traces.load(run_of(*exchanges, openapi=openapi)) as traces:
        return detected("undocumented-response", traces, service)


def each(status: int, **given: Any) -> list[Exchange]:
    return [exchange(route, status, **given) for route in ROUTES]


def test_three_routes_are_a_habit(service: project.Project) -> None:
    (finding,) = undocumented(service, *each(404))
    assert (finding.location.line, finding.routes[0]) == (7, "GET /a/{id:path}")
    assert not undocumented(service, *each(404)[:2])


def body(sent: bytes) -> dict[str, Any]:
    return {"response_body": Body(base64.b64encode(sent).decode()), "response_bytes": len(sent)}


@pytest.mark.parametrize(
    ("status", "given", "is_told"),
    [
        (201, {}, True),
        (302, {}, False),
        (500, {}, False),
        (401, {}, True),
        (404, {"response_headers": (("content-type", "text/html"),)}, False),
        (400, body(b'{"detail":"too long"}'), True),
        (400, body(b'{"detail":"There was an error parsing the body"}'), False),
    ],
)
def test_answers_that_a_caller_has_to_be_told_of(
    service: project.Project, status: int, given: dict[str, Any], is_told: bool
) -> None:
    assert bool(undocumented(service, *each(status, **given))) is is_told


@pytest.mark.parametrize("operation", [{"responses": {"default": {}}}, {"responses": {"4XX": {}}}])
def test_what_the_document_says_of_more_than_one_status(
    service: project.Project, operation: dict[str, Any]
) -> None:
    assert not undocumented(service, *each(404), openapi=document(*PATHS, **operation))


def test_credentials_are_asked_for(service: project.Project) -> None:
    openapi = document(*PATHS, security=[{"key": []}])
    assert not undocumented(service, *each(401), *each(403), openapi=openapi)
    assert undocumented(service, *each(404), openapi=openapi)


class Routing:
    """What finding routes took: of each its milliseconds, and those of the whole request."""

    def __init__(self, paths: tuple[str, ...], spent: dict[str, list[tuple[float, float]]]) -> None:
        filling = tuple(f"/filling/{number}" for number in range(50))
        self.runs = [Run(openapi=document(*filling, *paths))]
        self._rows = [
            (f"GET {route}", int(took * 1e6), int(whole * 1e6))
            for route, each in spent.items()
            for took, whole in each
        ]

    def sql(self, _: str) -> list[tuple[str, int, int]]:
        return self._rows


def late(
    service: project.Project, spent: dict[str, list[tuple[float, float]]], paths: tuple[str, ...] = PATHS
) -> list[Finding]:
    return detected("hot-route-late", Routing(paths, spent), service)


FIRST = (90.0, 100.0)
"""The first request of a route prepares what the others use."""


def test_what_finding_a_route_takes(service: project.Project) -> None:
    (finding,) = late(service, {"/c": [FIRST, *[(0.2, 0.8)] * 3], "/a/{id:path}": [FIRST, *[(0.3, 1.0)] * 3]})
    assert finding.location.line == 7
    assert finding.message == "`a` is found only behind 50 other routes: 0.30 ms, 30% of its time"
    figures = [each.figures for each in finding.evidence if isinstance(each, TraceEvidence)]
    assert figures == [
        {"routing_ms": 0.3, "routes": 50, "requests": 3},
        {"routing_ms": 0.2, "routes": 52, "requests": 3},
    ]


@pytest.mark.parametrize(
    "spent",
    [
        [FIRST, *[(0.19, 0.5)] * 3],
        [FIRST, *[(0.2, 0.81)] * 3],
        [FIRST, *[(0.3, 0.5)] * 2],
    ],
    ids=["short", "little", "few"],
)
def test_what_is_not_worth_an_order(service: project.Project, spent: list[tuple[float, float]]) -> None:
    assert not late(service, {"/c": spent})


def test_a_route_that_few_stand_before(service: project.Project) -> None:
    few = Routing((), {"/c": [FIRST, *[(0.3, 1.0)] * 3]})
    few.runs = [Run(openapi=document("/b/{id}", "/c"))]
    assert not detected("hot-route-late", few, service)
    few.runs += Routing(("/c",), {}).runs
    few.runs.reverse()
    assert detected("hot-route-late", few, service), "in one app of two"
