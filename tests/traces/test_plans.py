"""Plans of statements as trees, the dearest first."""

from __future__ import annotations

import msgspec

from pitstop.pictures import PlanStep
from pitstop.traces.planned import Plan, PlannedStep
from pitstop.traces.plans import plans
from pitstop.traces.store import Traces

from .test_store import exchange, run, statement

SLOW, QUICK = "SELECT a FROM t ORDER BY b", "SELECT a FROM t WHERE id = 5"


def step(depth: int, text: str, rows: int | None = None) -> PlannedStep:
    return PlannedStep(depth=depth, text=text, rows=rows)


def test_a_plan_is_a_tree_with_what_its_statement_took() -> None:
    told = (
        Plan(sql=SLOW, database="sqlite", steps=(step(0, "SCAN old"),)),
        Plan(sql=SLOW, database="sqlite", steps=(step(0, "SCAN t"), step(0, "USE TEMP B-TREE FOR ORDER BY"))),
        Plan(
            sql=QUICK,
            database="postgresql",
            steps=(
                step(0, "Nested Loop", 9),
                step(1, "Index Scan using a on t", 3),
                step(2, "x"),
                step(1, "Sort", 1),
                step(2, "Seq Scan on u", 70),
            ),
        ),
        Plan(sql="SELECT never", database="sqlite", steps=(step(0, "SCAN t"),)),
    )
    sent = (statement(QUICK, duration_ns=1_000_000), statement(SLOW, duration_ns=3_000_000))
    asked = run(exchange(1, statements=sent), exchange(2, route="/all", statements=sent[1:]))
    with Traces.load(msgspec.structs.replace(asked, plans=told)) as traces:
        slow, quick = plans(traces)
    assert (slow.count, slow.ms, slow.database) == (2, 6.0, "sqlite")
    assert slow.routes == ("GET /all", "GET /users/{id}")
    assert slow.steps == (
        PlanStep(text="SCAN t", reads="scan"),
        PlanStep(text="USE TEMP B-TREE FOR ORDER BY", reads="sort"),
    ), "the last one that was asked for"
    assert quick.steps == (
        PlanStep(
            text="Nested Loop",
            rows=9,
            inner=(
                PlanStep(text="Index Scan using a on t", reads="search", rows=3, inner=(PlanStep(text="x"),)),
                PlanStep(
                    text="Sort",
                    reads="sort",
                    rows=1,
                    inner=(PlanStep(text="Seq Scan on u", reads="scan", rows=70),),
                ),
            ),
        ),
    )
    assert "5" not in quick.statement


def test_without_plans_there_are_none() -> None:
    with Traces.load(run(exchange(1, statements=(statement(QUICK),)))) as traces:
        assert plans(traces) == ()
