"""Tests as a workload: whose request it was, and how each test ended."""

from __future__ import annotations

from .runner import Runner

SUITE = """
import uuid
from datetime import datetime
import pytest
from fastapi.testclient import TestClient
from chance import app

@pytest.fixture(scope="module")
def client():
    with TestClient(app) as client:
        yield client

@pytest.fixture
def made(client):
    answer = client.get("/draws/1").json()
    yield answer[0]
    client.get("/draws/1")

def test_one(client, made):
    client.get("/sync")
    print("drawn", uuid.uuid4(), datetime.now())

@pytest.mark.parametrize("n", [1, 2])
def test_several(client, n):
    assert client.get(f"/draws/{n}").status_code == 200

def test_fails(client):
    assert client.get("/sync").status_code == 201

def test_breaks(missing_fixture):
    pass

@pytest.fixture
def bad_end():
    yield
    raise RuntimeError("at the end")

def test_ends_badly(bad_end):
    pass

@pytest.mark.skip(reason="not now")
def test_skipped():
    pass

@pytest.mark.xfail(strict=True)
def test_expected_to_fail():
    raise ValueError
"""
COMMAND = (
    "-m",
    "pytest",
    "-p",
    "pitstop_probe.pytest_plugin",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "-s",
    "-q",
)


def test_requests_and_outcomes(runner: Runner) -> None:
    runner.write("test_suite.py", SUITE)
    run = runner.run(*COMMAND, "-n0", "test_suite.py", status=1, seed=7)
    assert not run.faults
    assert [(each.id.partition("::")[2], each.outcome) for each in run.tests] == [
        ("test_one", "passed"),
        ("test_several[1]", "passed"),
        ("test_several[2]", "passed"),
        ("test_fails", "failed"),
        ("test_breaks", "error"),
        ("test_ends_badly", "error"),
        ("test_skipped", "skipped"),
        ("test_expected_to_fail", "skipped"),
    ]
    messages = {each.id.partition("::")[2]: each.message for each in run.tests}
    assert "200 == 201" in messages["test_fails"]
    assert "not now" in messages["test_skipped"]
    assert messages["test_one"] == ""
    assert [(each.key, each.path) for each in run.exchanges] == [
        ("test_suite.py::test_one#setup-1", "/draws/1"),
        ("test_suite.py::test_one#1", "/sync"),
        ("test_suite.py::test_one#teardown-1", "/draws/1"),
        ("test_suite.py::test_several[1]#1", "/draws/1"),
        ("test_suite.py::test_several[2]#1", "/draws/2"),
        ("test_suite.py::test_fails#1", "/sync"),
    ]
    assert {each.test for each in run.exchanges[:3]} == {"test_suite.py::test_one"}
    assert [document.app for document in run.openapi] == ["chance:app"]


def test_suites_are_deterministic(runner: Runner) -> None:
    runner.write("test_suite.py", SUITE)
    seen = []
    for _ in range(2):
        run = runner.run(*COMMAND, "-n0", "test_suite.py", status=1, seed=7)
        drawn = [line for line in runner.output.splitlines() if "drawn" in line]
        seen.append((drawn, [exchange.body for exchange in run.exchanges]))
    assert seen[0] == seen[1]
    assert len(seen[0][0]) == 1


def test_a_test_alone_draws_as_among_others(runner: Runner) -> None:
    runner.write("test_suite.py", SUITE)
    several = "test_suite.py::test_several[2]"
    alone = runner.run(*COMMAND, "-n0", several, seed=7)
    among = runner.run(*COMMAND, "-n0", "test_suite.py", status=1, seed=7)
    (body,) = [exchange.body for exchange in among.exchanges if exchange.test == several]
    assert alone.exchanges[0].body == body


def test_spread_over_workers(runner: Runner) -> None:
    runner.write("test_suite.py", SUITE)
    run = runner.run(*COMMAND, "-n2", "test_suite.py", status=1)
    assert len(run.tests) == 8
    assert len(run.exchanges) == 6
    assert len(run.processes) == 3


def test_the_plugin_without_the_probe(runner: Runner) -> None:
    runner.write("test_suite.py", "def test_one(): pass\n")
    runner.variables["PITSTOP_PROBE"] = ""
    runner.out.mkdir()
    assert runner.run(*COMMAND, "-n0", "test_suite.py").processes == ()
