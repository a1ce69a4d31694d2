"""The work of the database as a counter of the proof."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pitstop.data import Meant
from pitstop.proof.counters import Counted, count, heaviest
from pitstop.proof.judge import judge
from pitstop.traces.records import Exchange, OutboundCall, Run, Statement
from pitstop.verdicts import NotFaster, Proved
from tests.proof.runs import exchange, run
from tests.proof.service import patch
from tests.proof.test_judge import evidence, timed

READ = Statement(sql="SELECT 1", operation="SELECT")
WRITE = Statement(sql="INSERT", operation="INSERT")


def worked(*figures: int | None, unit: str = "steps") -> Run:
    """A run whose requests each read once, and took the database so much work."""
    return run(
        *(
            exchange(number, 1, statements=(READ,), work=figure, work_unit=unit if figure is not None else "")
            for number, figure in enumerate(figures, 1)
        )
    )


def work(before: list[Run], after: list[Run]) -> Counted | None:
    found = [counted for counted in count(before, after) if counted.metric == "work"]
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize(
    ("before", "after", "unit", "fell"),
    [
        (60_000, 1_000, "steps", True),
        (60_000, 0, "steps", True),
        (60_000, 31_000, "steps", False),  # half of the steps may well take as long through an index
        (9_000, 0, "steps", False),  # a tenth of a millisecond: nobody feels it
        (1_000, 60_000, "steps", False),
        (72_000, 12, "rows", True),
        (900, 1, "rows", False),
    ],
)
def test_work_that_fell(before: int, after: int, unit: str, fell: bool) -> None:
    found = work([worked(before, unit=unit), worked(before, unit=unit)], [worked(after, unit=unit)])
    assert found is not None
    assert found.middle == (float(before), float(after))
    assert found.fell is fell
    assert found.unit == {"steps": "database steps", "rows": "rows scanned"}[unit]


def test_every_run_before_must_be_above_every_run_after() -> None:
    found = work([worked(60_000), worked(11_000)], [worked(1_500)])
    assert found is not None
    assert not found.fell


def test_only_requests_counted_in_every_run_are_compared() -> None:
    found = work([worked(50_000, 90_000), worked(50_000, 90_000)], [worked(50_000, None)])
    assert found is not None
    assert found.middle == (50_000.0, 50_000.0)
    assert not found.fell


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([worked(None)], [worked(None)]),
        ([worked(60_000)], [worked(None)]),
        ([worked(None)], [worked(10)]),
        ([worked(60_000)], [worked(10, unit="rows")]),
    ],
)
def test_what_was_not_counted_alike_is_no_figure(before: list[Run], after: list[Run]) -> None:
    assert work(before, after) is None


def test_a_request_without_a_reading_statement_took_none() -> None:
    quiet = run(exchange(1, 1), exchange(2, 1, statements=(WRITE,)), exchange(3, 1, statements=(READ,), work=30_000, work_unit="steps"))  # fmt: skip
    found = work([quiet], [quiet])
    assert found is not None
    assert found.middle == (10_000.0, 10_000.0)


INDEX = patch(("app = FastAPI()", "app = FastAPI( )"), aims=("work", "duration"))


def test_an_index_is_proved_by_work_when_the_clock_says_nothing() -> None:
    counters = (Counted(route="GET /orders", metric="work", unit="database steps", before=(60_200, 60_200), after=(200,)),)  # fmt: skip
    verdict = judge(INDEX, evidence(counters=counters, timings=(timed(0.6, 1.4),)))
    assert isinstance(verdict, Proved), verdict.reason
    assert verdict.reason == "database steps 60200 → 200 on GET /orders"
    (change,) = [c for c in verdict.routes[0].changes if c.metric == "work"]
    assert (change.before, change.after, change.unit) == (60_200, 200, "database steps")
    slower = judge(INDEX, evidence(counters=counters, timings=(timed(1.2, 1.4),)))
    assert isinstance(slower, NotFaster)


def test_an_index_on_a_handful_of_rows_is_not_proved_by_work() -> None:
    counters = (Counted(route="GET /orders", metric="work", unit="database steps", before=(3_000, 3_000), after=(0,)),)  # fmt: skip
    verdict = judge(INDEX, evidence(counters=counters, timings=(timed(0.98, 1.02),)))
    assert isinstance(verdict, NotFaster)
    assert "database steps 3000 → 0" in verdict.reason


def test_what_connections_do_is_counted() -> None:
    connection = exchange(1, 1, method="WEBSOCKET", route="/ws", statements=(READ,))
    quiet = exchange(1, 1, method="WEBSOCKET", route="/ws")
    fell = [each.metric for each in count([run(connection)], [run(quiet)]) if each.fell]
    assert fell == ["statements"]


@pytest.mark.parametrize(
    ("operations", "held"),
    [
        (["SELECT", "call"], 1),
        (["SELECT", "call", "call", "COMMIT"], 2),
        (["BEGIN", "UPDATE", "ROLLBACK", "call"], 0),
        (["INSERT", "RELEASE", "call", "SELECT", "call"], 1),
        (["BEGIN", "call"], 0),
        (["call", "SELECT"], 0),
    ],
)
def test_calls_within_an_open_transaction(operations: list[str], held: int) -> None:
    sent = tuple(
        Statement(sql=each, operation=each, start_ns=n) for n, each in enumerate(operations) if each != "call"
    )
    calls = tuple(
        OutboundCall(method="GET", url="https://a.example/", start_ns=n)
        for n, each in enumerate(operations)
        if each == "call"
    )
    given = run(exchange(1, 1, statements=sent, calls=calls))
    (found,) = [each for each in count([given], [given]) if each.metric == "held_calls"]
    assert found.before == (held,)


def test_a_call_that_comes_out_of_the_transaction_proves_a_repair_that_commits_once_more() -> None:
    patch_of = patch(("app = FastAPI()", "app = FastAPI( )"), aims=("held_calls",))
    counters = (
        Counted(route="GET /orders", metric="held_calls", unit="calls in a transaction", before=(1, 1), after=(0,)),
        Counted(route="GET /orders", metric="commits", unit="commits", before=(1, 1), after=(2,)),
    )  # fmt: skip
    verdict = judge(patch_of, evidence(counters=counters))
    assert isinstance(verdict, Proved), verdict.reason
    assert verdict.reason.startswith("calls to other servers within an open transaction 1 → 0")


def test_what_compressing_costs_is_the_price_that_was_chosen() -> None:
    given = patch(("app = FastAPI()", "app = FastAPI( )"), aims=("bytes",))
    counters = (Counted(route="GET /orders", metric="bytes", unit="bytes", before=(65_781, 65_781), after=(9_973,)),)  # fmt: skip
    dearer = evidence(counters=counters, timings=(timed(1.1, 1.2, "cpu"),))
    assert isinstance(judge(given, dearer), NotFaster)
    chosen = msgspec.structs.replace(given, meant=Meant(compressed=True))
    verdict = judge(chosen, dearer)
    assert isinstance(verdict, Proved), verdict.reason
    assert "bytes 65781 → 9973 on GET /orders; it costs: CPU 1.15× worse" in verdict.reason
    grown = msgspec.structs.replace(counters[0], before=(9_973, 9_973), after=(9_973,))
    nothing = judge(chosen, evidence(counters=(grown,), timings=(timed(1.1, 1.2, "cpu"),)))
    assert isinstance(nothing, NotFaster)


def test_memory_is_measured_where_requests_are_large() -> None:
    def of(test: str, **given: Any) -> Exchange:
        return exchange(1, key=f"{test}#1", test=test, **given)

    asked = [of(f"t::{number}", response_bytes=number, duration_ns=1000 - number) for number in range(20)]
    told = run(
        *asked,
        of("t::upload", method="POST", request_bytes=10**6),
        of("t::rows", statements=(Statement(sql="SELECT 1", operation="SELECT", rows=500),)),
        of("t::other", route="/other", response_bytes=10**9),
        exchange(2, response_bytes=10**9, test=""),
    )
    found = heaviest(told, {"GET /items", "POST /items"})
    assert {"t::upload", "t::rows", "t::19", "t::0"} <= set(found)
    assert "t::other" not in found
    assert "t::10" not in found
    assert len(found) <= 12
    assert heaviest(told, {"GET /unasked"}) == ()
