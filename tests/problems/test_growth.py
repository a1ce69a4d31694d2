"""The same requests at two sizes of the data."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.problems.growth import unseen, with_growth
from pitstop.traces.records import Exchange, Frame, Run, Statement
from pitstop.traces.store import Traces

SERVICE = """\
from fastapi import FastAPI

app = FastAPI()


def one(db, number):
    return db.execute("SELECT a FROM b WHERE id = ?", (number,)).fetchone()


@app.get("/rows")
def rows(db, loaders):
    found = []
    for number in loaders:
        found.append(loaders[number](db, number))
    return found
"""
LOOP = 14
FRAMES = (Frame("main.py", 7, "one"), Frame("main.py", LOOP, "rows"))


@pytest.fixture
def service(tmp_path: Path) -> project.Project:
    (tmp_path / "main.py").write_text(SERVICE)
    return project.read(tmp_path)


def run(
    count: int, frames: tuple[Frame, ...] = FRAMES, sql: str = "SELECT a FROM b WHERE id = ?", rows: int = 1
) -> Run:
    sent = tuple(
        Statement(sql=sql, operation="SELECT", rows=rows, start_ns=n, duration_ns=1_000_000, stack=5)
        for n in range(count)
    )
    exchange = Exchange(key="t#1", method="GET", path="/rows", route="/rows", status=200, statements=sent)
    return Run(exchanges=(exchange,), owners={0: 1}, stacks={(1, 5): frames})


def grown(service: project.Project, small: Run, large: Run, found: tuple[Finding, ...] = ()) -> list[Finding]:
    with Traces.load(small) as fewer, Traces.load(large) as more:
        return list(unseen(found, fewer, more, service, (100, 1000)))


def test_statements_for_each_row_are_told_at_their_loop(service: project.Project) -> None:
    (finding,) = grown(service, run(10), run(100))
    assert finding.problem == "n-plus-one-loop"
    assert finding.location.line == LOOP
    assert (finding.severity, finding.confidence, finding.routes) == ("high", "certain", ("GET /rows",))
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text.startswith(
        "GET /rows sent this statement 100 times in one request (100.0 ms) with 1,000 rows a table"
    )
    assert evidence.text.endswith("and 10 times with 100")


def test_of_a_connection_they_are_those_between_two_messages(service: project.Project) -> None:
    def talk(run: Run) -> Run:
        exchange = msgspec.structs.replace(run.exchanges[0], method="WEBSOCKET", status=101)
        return msgspec.structs.replace(run, exchanges=(exchange,))

    (finding,) = grown(service, talk(run(10)), talk(run(100)))
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert "this statement 100 times between two messages (100.0 ms)" in evidence.text


def test_a_list_of_values_of_another_length_is_the_same_statement(service: project.Project) -> None:
    small = run(10, sql="SELECT a FROM b WHERE id IN (?, ?)")
    large = run(15, sql="SELECT a FROM b WHERE id IN (?, ?, ?, ?)")
    assert not grown(service, small, large)


@pytest.mark.parametrize(("before", "after"), [(100, 100), (60, 100), (2, 9), (0, 9)])
def test_a_number_that_stays_is_none(service: project.Project, before: int, after: int) -> None:
    """A fan-out over a constant, or a page that is full either way."""
    assert not grown(service, run(before), run(after))


def test_what_is_new_at_the_larger_size_is_told(service: project.Project) -> None:
    assert len(grown(service, run(0), run(20))) == 1


def test_what_reading_has_shown_is_not_told_twice(service: project.Project) -> None:
    (finding,) = grown(service, run(10), run(100))
    assert not grown(service, run(10), run(100), (finding,))
    elsewhere = msgspec.structs.replace(
        finding, location=msgspec.structs.replace(finding.location, line=1, end_line=1)
    )
    assert grown(service, run(10), run(100), (elsewhere,))


def test_a_line_of_no_function_is_left(service: project.Project) -> None:
    assert not grown(service, run(1, frames=()), run(100, frames=()))
    outside = (Frame("elsewhere.py", 3, "f"),)
    assert not grown(service, run(1, frames=outside), run(100, frames=outside))


def test_counts_stand_beside_those_of_the_smaller_size() -> None:
    problem = discover()["unbounded-query"]
    assert problem.rule is not None
    assert problem.detector is not None
    case = next(iter(sorted((problem.folder / "cases").glob("found*"))))
    service = project.read(case)
    place = next(iter(problem.rule(service))).location
    frames = (Frame(place.path, place.line, "f"),)

    def told(before: int, after: int) -> str:
        assert problem.detector is not None
        with (
            Traces.load(run(1, frames, rows=before)) as fewer,
            Traces.load(run(1, frames, rows=after)) as more,
        ):
            found, skipped = with_growth(problem.detector(more, service), fewer, service, [problem], 100)
        assert not skipped
        evidence = found[0].evidence[0]
        return evidence.text.partition("; ")[2]

    assert told(100, 1000) == "100 with 100 rows a table"
    assert told(1000, 1000) == "as many with 100 rows a table"
    assert told(999, 1000) == "about as many with 100 rows a table"
    assert told(10, 1000) == ""


def test_a_fault_of_one_detector_is_said() -> None:
    def broken(*_: object) -> list[Finding]:
        raise ValueError("no")

    problem = msgspec.structs.replace(discover()["unbounded-query"], detector=broken)
    with Traces.load(Run()) as fewer:
        found, skipped = with_growth([], fewer, project.Project(Path(), (), ()), [problem], 100)
    assert found == []
    assert [each.subject for each in skipped] == ["unbounded-query with fewer rows"]
