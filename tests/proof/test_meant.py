"""What a person chose to change is no difference; everything else is."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import pytest

from pitstop.data import FileChange, Finding, Location, Meant
from pitstop.patching.edits import make_patch
from pitstop.proof.behaviour import Behaviour, compare
from pitstop.traces.records import Exchange, Run
from pitstop.verdicts import Changed, Proved, Verdict
from tests.proof.runs import exchange, run
from tests.proof.service import proving

JSON = ("content-type", "application/json")
FINDING = Finding(
    id="f00d",
    problem="a-problem",
    domain="api-design",
    severity="high",
    confidence="certain",
    message="never reached",
    location=Location(path="main.py", line=1),
)
PLAIN = b'{"name": "a", "size": 1}'


def compared(before: Exchange, after: Exchange, meant: Meant) -> Behaviour:
    """The comparison of two answers of a steady app."""
    return compare(run(before), run(before), run(after), meant)


def packed(content: bytes, coding: str = "gzip", *more: tuple[str, str], **given: Any) -> Exchange:
    """An answer that was sent compressed."""
    raw = gzip.compress(content) if coding == "gzip" else zlib.compress(content)
    return exchange(raw=raw, response_headers=(JSON, ("content-encoding", coding), *more), **given)


def test_a_header_that_is_meant_is_no_difference() -> None:
    before = exchange(raw=PLAIN, response_headers=(JSON,))
    after = exchange(raw=PLAIN, response_headers=(JSON, ("ETag", "1")))
    assert not compared(before, after, Meant()).equal
    found = compared(before, after, Meant(headers=("etag",)))
    assert found.equal
    assert found.meant == ("otherwise, as it is meant to be: header etag of GET /items (1 request)",)
    other = exchange(raw=b"{}", response_headers=(JSON, ("etag", "1"), ("x-a", "b")))
    told = compared(before, other, Meant(headers=("etag",)))
    assert {each.kind for each in told.differences} == {"body", "header"}
    assert "x-a" in "".join(each.where for each in told.differences)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_is_meant_to_be_compressed_is_compared_as_the_client_reads_it(coding: str) -> None:
    before = exchange(raw=PLAIN, response_headers=(JSON, ("vary", "origin")))
    vary = ("vary", "origin, Accept-Encoding")
    assert not compared(before, packed(PLAIN, coding, vary), Meant()).equal
    found = compared(before, packed(PLAIN, coding, vary), Meant(compressed=True))
    assert found.equal, found.differences
    assert found.meant == (
        "otherwise, as it is meant to be: headers content-encoding, vary of GET /items (1 request)",
    )
    other = compared(before, packed(PLAIN.replace(b"1", b"2"), coding, vary), Meant(compressed=True))
    (told,) = other.differences
    assert (told.where, told.before, told.after) == (
        "GET /items, request 1 of t.py::test: body $.size",
        "1",
        "2",
    )
    spaced = compared(before, packed(PLAIN.replace(b" ", b""), coding, vary), Meant(compressed=True))
    assert not spaced.equal, "the client reads other bytes"
    lost = compared(before, packed(PLAIN, coding, ("vary", "Accept-Encoding")), Meant(compressed=True))
    assert [each.kind for each in lost.differences] == ["header"]


def test_many_routes_are_told_together() -> None:
    before = [exchange(number, 1, route=f"/{number}", response_headers=(JSON,)) for number in range(5)]
    after = [
        exchange(number, 1, route=f"/{number}", response_headers=(JSON, ("etag", "1"))) for number in range(5)
    ]
    found = compare(run(*before), run(*before), run(*after), Meant(headers=("etag",)))
    assert found.meant == ("otherwise, as it is meant to be: header etag of 5 routes (5 requests)",)


def test_what_says_to_be_compressed_and_is_not_is_a_difference() -> None:
    before = exchange(raw=PLAIN, response_headers=(JSON,))
    broken = exchange(raw=b"\x1f\x8bno", response_headers=(JSON, ("content-encoding", "gzip")))
    assert not compared(before, broken, Meant(compressed=True)).equal


def test_compressed_answers_are_told_apart_by_their_values() -> None:
    (told,) = compared(packed(PLAIN), packed(PLAIN.replace(b"1", b"2")), Meant()).differences
    assert told.where.endswith("body $.size")


def test_a_route_that_answers_for_another_is_told_and_not_compared() -> None:
    before = exchange(path="/items/new", route="/items/{id}", status=422)
    after = exchange(path="/items/new", route="/items/new", body=[1])
    assert not compared(before, after, Meant()).equal
    found = compared(before, after, Meant(requests=("GET /items/new",)))
    assert found.equal
    assert [each.compared for each in found.routes] == [0], "what was not compared is not called equal"
    assert found.meant == (
        "otherwise, as it is meant to be: GET /items/new answers instead of GET /items/{id} (1 request)",
    )
    own = exchange(path="/items/new", route="/items/new", body=[2])
    assert not compared(after, own, Meant(requests=("GET /items/new",))).equal, "its own answers must stay"


def test_a_method_may_be_answered_otherwise() -> None:
    before, after = exchange(method="OPTIONS", status=401), exchange(method="OPTIONS", status=200)
    assert compared(before, after, Meant(requests=("OPTIONS",))).equal
    assert not compared(exchange(status=401), exchange(status=200), Meant(requests=("OPTIONS",))).equal


def test_what_failed_may_be_answered_and_nothing_may_fail() -> None:
    failed = exchange(status=500, error="InvalidRequestError: unique()")
    assert compared(failed, exchange(body=[1]), Meant(failures=True)).equal
    assert not compared(failed, exchange(body=[1]), Meant()).equal
    assert not compared(exchange(body=[1]), failed, Meant(failures=True)).equal
    assert not compared(failed, exchange(status=500, error="KeyError: 1"), Meant(failures=True)).equal


def test_another_question_is_no_answer() -> None:
    before = exchange(method="OPTIONS", path="/items/1", status=401)
    after = exchange(method="OPTIONS", path="/items/2", status=200)
    assert not compared(before, after, Meant(requests=("OPTIONS",))).equal


def test_a_run_of_nothing_else_is_not_called_compared() -> None:
    found = compare(Run(), Run(), Run(), Meant(requests=("OPTIONS",)))
    assert not found.routes


SERVICE = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{item}")
def item(item: str) -> dict[str, str]:
    return {"item": item}


@app.get("/items/new")
def new() -> dict[str, str]:
    return {"item": "the newest"}
"""
TESTS = """
from fastapi.testclient import TestClient
from main import app


def test_items() -> None:
    assert TestClient(app).get("/items/1").json() == {"item": "1"}
    assert TestClient(app).get("/items/new").status_code == 200
"""
SECOND = SERVICE[SERVICE.index('@app.get("/items/new")') :]
FIRST = f'{SECOND}\n\n@app.get("/items/{{item}}")'


def test_a_proof_lets_pass_what_is_meant_and_nothing_else(tmp_path: Path) -> None:
    moved = SERVICE.replace(f"\n\n{SECOND}", "").replace('@app.get("/items/{item}")', FIRST.lstrip())
    meant = Meant(requests=("GET /items/new",))
    with proving(tmp_path, SERVICE, TESTS) as prover:

        def judged(after: str, **given: Any) -> Verdict:
            change = FileChange(path="main.py", before=SERVICE, after=after)
            return prover.prove(make_patch(FINDING, "move", [change], (), **given))

        found = judged(moved, meant=meant)
        assert isinstance(found, Proved), found.reason
        assert found.reason.startswith("answers as before but for what is meant")
        assert any("GET /items/new answers instead" in note for note in found.notes)
        assert isinstance(judged(moved), Changed)
        other = judged(moved.replace('{"item": item}', '{"item": item.upper()[:0]}'), meant=meant)
        assert isinstance(other, Changed)
