"""Requests that fit the schema and were answered 500."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitstop import project
from pitstop.data import TraceEvidence
from pitstop.problems import discover
from pitstop.problems.failures import failed
from pitstop.traces.records import Exchange, Frame, Process, Run, Statement

SERVICE = """\
from fastapi import FastAPI

app = FastAPI()


def price(values, name):
    return values[name]


@app.get("/prices/{name}")
def prices(name: str):
    return price({}, name)


@app.get("/parsed/{text}")
def parsed(text: str):
    return int(text)
"""
FRAMES = (Frame("main.py", 7, "price"), Frame("main.py", 12, "prices"))


@pytest.fixture
def service(tmp_path: Path) -> project.Project:
    (tmp_path / "main.py").write_text(SERVICE)
    return project.read(tmp_path)


def exchange(error: str = "builtins.KeyError", status: int = 500, stack: int = 1, **named: str) -> Exchange:
    given: dict[str, Any] = {"path": "/prices/a", "query": "x=1", "route": "/prices/{name}", **named}
    return Exchange(key="r#1", method="GET", status=status, error=error, error_stack=stack, **given)


def run(*exchanges: Exchange, frames: tuple[Frame, ...] = FRAMES) -> Run:
    return Run(exchanges=exchanges, owners=dict.fromkeys(range(len(exchanges)), 1), stacks={(1, 1): frames})


def test_the_line_that_raised_is_told_once(service: project.Project) -> None:
    good = exchange(error="", status=200, stack=0)
    (finding,) = failed(run(exchange(), good, exchange(), good), (), service)
    assert finding.problem == "expected-failure-becomes-500"
    assert (finding.location.line, finding.confidence, finding.routes) == (
        7,
        "certain",
        ("GET /prices/{name}",),
    )
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text == (
        "GET /prices/{name} answered 500 with KeyError to 2 of 4 requests; the first was `GET /prices/a?x=1`"
    )


def test_the_installed_package_that_raised_a_plain_error_is_named(service: project.Project) -> None:
    packages = {"passlib": "1.7.4", "fastapi": "0.142.0"}

    def said(error: str, within: str) -> bool:
        processes = (Process(pid=1, python="3.11", packages=packages),)
        raised = msgspec.structs.replace(run(exchange(error, error_within=within)), processes=processes)
        ((evidence,),) = (finding.evidence for finding in failed(raised, (), service))
        assert isinstance(evidence, TraceEvidence)
        return "500 with ValueError, raised within passlib 1.7.4, to 1 of 1" in evidence.text

    assert said("builtins.ValueError", "passlib")
    assert not said("passlib.ValidationError", "passlib"), "an error of its own is meant for its caller"
    assert not said("builtins.ValueError", "uuid"), "of Python itself"


@pytest.mark.parametrize(
    "other",
    [
        exchange(error="builtins.FileNotFoundError"),
        exchange(error="httpx.ConnectError"),
        exchange(error="starlette.exceptions.HTTPException"),
        exchange(status=422),
        exchange(stack=0),
        exchange(error=""),
    ],
    ids=["file", "server", "own", "answered", "no-line", "none"],
)
def test_what_is_not_the_request_s_doing_is_left(service: project.Project, other: Exchange) -> None:
    assert not list(failed(run(other), (), service))


def test_rows_that_were_made_up_prove_nothing_of_requests_that_read_them(service: project.Project) -> None:
    def reading(error: str, rows: int) -> Exchange:
        statement = Statement(sql="SELECT 1", operation="SELECT", rows=rows)
        return msgspec.structs.replace(exchange(error=error), statements=(statement,))

    read = run(reading("builtins.KeyError", 3))
    assert not list(failed(read, (), service, made_up_rows=True))
    assert list(failed(read, (), service))
    for other in (reading("builtins.KeyError", 0), reading("sqlalchemy.exc.IntegrityError", 1)):
        assert list(failed(run(other), (), service, made_up_rows=True))


def test_a_line_outside_of_functions_is_left(service: project.Project) -> None:
    assert not list(failed(run(exchange(), frames=(Frame("main.py", 3, "<module>"),)), (), service))
    assert not list(failed(run(exchange(), frames=(Frame("gone.py", 3, "f"),)), (), service))


def test_what_reading_told_of_is_that_finding(service: project.Project) -> None:
    rule = discover()["expected-failure-becomes-500"].rule
    assert rule is not None
    (read,) = [each for each in rule(service) if each.location.line == 17]
    seen = run(
        exchange(error="builtins.ValueError", route="/parsed/{text}"),
        frames=(Frame("main.py", 17, "parsed"),),
    )
    (finding,) = failed(seen, [read], service)
    assert finding.id == read.id
    assert finding.message == read.message
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    other = msgspec.structs.replace(read, problem="missing-index")
    (fresh,) = failed(seen, [other], service)
    assert fresh.problem == "expected-failure-becomes-500"
