"""What traces add to the findings of rules: a record at the place of a finding is told with it, one elsewhere is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.records import Block, Exchange, Frame, OutboundCall, Run, Statement, Wait
from pitstop.traces.store import Traces

Part = dict[str, Any]
STACK = 5


def blocked(count: int) -> Part:
    return {"blocks": (Block(start_ns=0, duration_ns=40_000_000, stack=STACK),) * count}


def called(count: int) -> Part:
    calls = [
        OutboundCall(method="GET", url="http://a.test/x", start_ns=n * 1000, duration_ns=1000, stack=STACK)
        for n in range(count)
    ]
    return {"calls": tuple(calls)}


def sent(sql: str, rows: int = 0) -> Callable[[int], Part]:
    operation = sql.split()[0]

    def statements(count: int) -> Part:
        return {
            "statements": tuple(
                Statement(
                    sql=sql, operation=operation, rows=rows, start_ns=n, duration_ns=2_000_000, stack=STACK
                )
                for n in range(count)
            )
        }

    return statements


def read(count: int) -> Part:
    return sent("SELECT a FROM b", count)(1)


def joined(count: int) -> Part:
    return sent("SELECT a FROM b\nLEFT OUTER JOIN c ON c.b_id = b.id", count)(1)


def opened(count: int) -> Part:
    waits = [Wait(kind="connect", start_ns=n * 2000, duration_ns=1000, stack=STACK) for n in range(count)]
    # what passed is needed for there to be phases: the request was routed
    moments = (1, 1)
    return {"waits": tuple(waits), "moments": moments}


DETECTED = {
    "background-task-blocks": (blocked, 1, 0),
    "callback-runs-sync-in-stream": (blocked, 1, 0),
    "cpu-work-in-async": (blocked, 1, 0),
    "thread-lock-across-await": (blocked, 1, 0),
    "await-in-loop": (called, 3, 2),
    "keys-fetched-per-request": (called, 1, 0),
    "row-by-row-write": (sent("INSERT INTO t VALUES (?)"), 3, 2),
    "commit-in-loop": (sent("COMMIT"), 3, 2),
    "engine-per-request": (opened, 1, 0),
    "unbounded-query": (read, 100, 99),
    "export-loads-everything": (read, 100, 99),
    "python-side-filtering": (read, 20, 19),
    "count-by-loading": (read, 20, 19),
    "aggregate-in-python": (read, 20, 19),
    "overfetched-columns": (read, 20, 19),
    "cartesian-eager-load": (joined, 20, 19),
    "needless-refresh": (sent("SELECT a FROM b"), 1, 0),
    "duplicate-query": (sent("SELECT a FROM b"), 2, 1),
}
"""By problem: how its record is made, how much of it tells something, and how much does not yet."""


def run_of(part: Part, *frames: Frame) -> Run:
    return Run(
        exchanges=(
            Exchange(
                key="t#1",
                method="GET",
                path="/x",
                route="/x",
                status=200,
                duration_ns=50_000_000,
                start_ns=1,
                origin=1,
                **part,
            ),
        ),
        owners={0: 1},
        stacks={(1, STACK): frames},
    )


def found_in(name: str) -> tuple[project.Project, Finding]:
    return next(all_found(name))


def all_found(name: str) -> Iterator[tuple[project.Project, Finding]]:
    problem = discover()[name]
    assert problem.rule is not None
    for case in sorted((problem.folder / "cases").glob("found*")):
        service = project.read(case)
        for finding in problem.rule(service):
            yield service, finding


def detected(name: str, service: project.Project, part: Part, *frames: Frame) -> list[Finding]:
    detector = discover()[name].detector
    assert detector is not None
    with Traces.load(run_of(part, *frames)) as traces:
        return list(detector(traces, service))


@pytest.mark.parametrize("name", DETECTED)
def test_what_was_measured_at_the_place_of_a_finding_is_told(name: str) -> None:
    service, finding = found_in(name)
    record, enough, too_few = DETECTED[name]
    frame = Frame(finding.location.path, finding.location.line, "f")
    (measured,) = (f for f in detected(name, service, record(enough), frame) if f.id == finding.id)
    (evidence,) = measured.evidence
    assert isinstance(evidence, TraceEvidence)
    assert measured.confidence == "certain"
    assert evidence.route == "GET /x"
    assert "GET /x" in evidence.text
    figure = next(value for key, value in evidence.figures.items() if key not in ("duration_ms", "requests"))
    assert figure == (1 if name == "duplicate-query" else enough)
    assert not [f for f in detected(name, service, record(too_few), frame) if f.id == finding.id]
    elsewhere = Frame(finding.location.path, 99_999, "f")
    assert not detected(name, service, record(enough), elsewhere)


@pytest.mark.parametrize(
    "name",
    ["await-in-loop", "background-task-blocks", "commit-in-loop", "cpu-work-in-async", "row-by-row-write"],
)
def test_what_others_do_through_the_same_helper_is_not_told(name: str) -> None:
    service, finding, helper = next(
        (service, finding, evidence.locations[-1])
        for service, finding in all_found(name)
        for evidence in finding.evidence
        if evidence.locations[-1].path != finding.location.path
    )
    record, enough, _ = DETECTED[name]
    inner, outer = (Frame(place.path, place.line, "f") for place in (helper, finding.location))
    assert detected(name, service, record(enough), inner, outer)
    assert not detected(name, service, record(enough), inner)


def test_rows_without_a_join_are_those_of_another_statement() -> None:
    service, finding = found_in("cartesian-eager-load")
    frame = Frame(finding.location.path, finding.location.line, "f")
    assert not detected("cartesian-eager-load", service, read(40), frame)


def test_a_statement_after_a_write_is_no_repetition() -> None:
    service, finding = found_in("duplicate-query")
    frame = Frame(finding.location.path, finding.location.line, "f")
    again = sent("SELECT a FROM b")(1)["statements"]
    write = sent("UPDATE b SET a = 1")(1)["statements"]
    assert not detected("duplicate-query", service, {"statements": (*again, *write, *again)}, frame)
    other = sent("SELECT a FROM c")(1)["statements"]
    assert detected("duplicate-query", service, {"statements": (*again, *other, *again)}, frame)


@pytest.mark.parametrize(
    "name", sorted(DETECTED.keys() - {"engine-per-request"})
)  # of connections no phases are known
def test_of_a_connection_counts_what_happens_between_two_messages(name: str) -> None:
    service, finding = found_in(name)
    record, enough, _ = DETECTED[name]
    frame = Frame(finding.location.path, finding.location.line, "f")
    detector = discover()[name].detector
    assert detector is not None

    def told(*turns: int) -> list[Finding]:
        run = run_of(record(enough), frame)
        (exchange,) = run.exchanges
        talk = msgspec.structs.replace(
            exchange, method="WEBSOCKET", status=101, turns=turns, messages_in=len(turns)
        )
        with Traces.load(msgspec.structs.replace(run, exchanges=(talk,))) as traces:
            return [each for each in detector(traces, service) if each.id == finding.id]

    (measured,) = told()
    (evidence,) = measured.evidence
    assert isinstance(evidence, TraceEvidence)
    assert "between two messages" in evidence.text
    assert evidence.figures["turns"] == 1
    if enough in (2, 3):
        assert not told(1, 2)


def test_the_time_that_a_middleware_takes_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\n"
        "from starlette.middleware.base import BaseHTTPMiddleware\n\n"
        "class Stamp(BaseHTTPMiddleware):\n"
        "    async def dispatch(self, request, call_next):\n"
        "        return await call_next(request)\n\n"
        "app = FastAPI()\n"
        "app.add_middleware(Stamp)\n"
    )
    service = project.read(tmp_path)
    detector = discover()["base-http-middleware"].detector
    assert detector is not None
    with Traces() as traces:
        for exchange, own in ((1, 1_000_000), (1, 2_000_000), (2, 2_000_000), (3, 7_000_000)):
            traces.sql(
                'INSERT INTO spans ("pitstop.run", "pitstop.exchange", "pitstop.phase", "pitstop.own_nano", '
                "\"code.function.name\", \"code.file.path\") VALUES (1, ?, 'middleware', ?, 'Stamp', 'main.py')",
                [exchange, own],
            )
        (finding,) = detector(traces, service)
    (evidence,) = finding.evidence
    assert finding.confidence == "certain"
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text == "`Stamp` (main.py) took 3.00 ms of each request on its own (median of 3)"
    assert evidence.figures == {"own_ms": 3.0, "requests": 3.0}
