"""What plans show of a column without an index, and what they disprove."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import diagnosis, discover
from pitstop.problems.measured import rows_read, statements, statements_on_loop
from pitstop.problems.plans import reads
from pitstop.traces.records import Exchange, Frame, Plan, PlanRead, Run, Statement
from pitstop.traces.store import Traces
from tests.problems.trees import service, write

SQL = "SELECT orders.id, orders.total \nFROM orders \nWHERE orders.agent_id = ?"
MAIN = """
@app.get("/agents/{agent_id}/orders")
def orders(agent_id: int, session: SessionDep) -> list[int]:
    return [order.total for order in session.scalars(select(Order).where(Order.agent_id == agent_id))]
"""
SCAN = PlanRead(how="scan", table="orders")
SEARCH = PlanRead(how="search", table="orders", index="ix_by_hand", by=("agent_id",))


def recorded(*plans: Plan, sql: str = SQL, times: int = 3) -> Traces:
    statement = Statement(sql=sql, operation="SELECT", rows=2, duration_ns=4_000_000)
    exchange = Exchange(
        key="t#1", method="GET", path="/agents/1/orders", route="/agents/{agent_id}/orders", status=200,
        statements=(statement,) * times,
    )  # fmt: skip
    return Traces.load(Run(exchanges=(exchange,), plans=plans))


def plan(*steps: PlanRead, sql: str = SQL, database: str = "sqlite") -> Plan:
    return Plan(sql=sql, database=database, reads=steps)


def diagnosed(root: Path, traces: Traces, key: str = "") -> tuple[list[Finding], list[str]]:
    files = service(MAIN)
    head = '    __tablename__ = "orders"\n'
    files["app/models.py"] = files["app/models.py"].replace(head, head + key)
    files["app/models.py"] = files["app/models.py"].replace('ForeignKey("customers.id"), index=True)\n    email', 'ForeignKey("customers.id"))\n    email')  # fmt: skip
    write(root, files)
    read = project.read(root)
    problems = (discover()["missing-index"],)
    found, _ = diagnosis.read(read, problems)
    seen, skipped = diagnosis.detect(traces, read, problems)
    assert not skipped
    kept, refuted = diagnosis.refuted([*found, *seen], traces, read, problems)
    return diagnosis.merge(kept), [each.reason for each in refuted]


def measured(root: Path, traces: Traces) -> TraceEvidence:
    ((finding,), refuted) = diagnosed(root, traces)
    assert not refuted
    assert finding.location.symbol.endswith("Order.agent_id")
    (evidence,) = [each for each in finding.evidence if isinstance(each, TraceEvidence)]
    assert evidence.statement == " ".join(SQL.split())
    assert evidence.figures["statements"] == 3
    assert evidence.figures["duration_ms"] == 12
    return evidence


def test_a_scan_is_named(tmp_path: Path) -> None:
    evidence = measured(tmp_path, recorded(plan(SCAN)))
    assert evidence.text.endswith(
        "3 times in one request (12.0 ms), and by its plan SQLite reads all of `orders` for it"
    )
    assert "table_rows" not in evidence.figures


def test_a_scan_is_named_with_its_rows(tmp_path: Path) -> None:
    scan = PlanRead(how="scan", table="orders", rows=72_000)
    evidence = measured(tmp_path, recorded(plan(scan, database="postgresql")))
    assert evidence.text.endswith("and by its plan PostgreSQL reads all of `orders` (72,000 rows) for it")
    assert evidence.figures["table_rows"] == 72_000


@pytest.mark.parametrize(
    "plans",
    [
        (),
        (plan(PlanRead(how="scan", table="orders", rows=12), database="postgresql"),),
        (plan(SCAN, database="postgresql"),),
        (plan(PlanRead(how="scan", table="customers")),),
        (plan(PlanRead(how="scan", table="orders", index="ix_total")),),
        (plan(SCAN, sql="SELECT 1 FROM orders WHERE orders.total = ?"),),
    ],
)
def test_what_a_plan_does_not_show_is_not_said(tmp_path: Path, plans: tuple[Plan, ...]) -> None:
    """PostgreSQL reads a small table whole, index or not."""
    evidence = measured(tmp_path, recorded(*plans))
    assert evidence.text.endswith("3 times in one request (12.0 ms)")


def test_an_index_that_only_the_database_has_disproves_the_finding(tmp_path: Path) -> None:
    found, refuted = diagnosed(tmp_path, recorded(plan(SEARCH)))
    assert found == []
    assert refuted == [
        "SQLite looks `orders.agent_id` up in the index `ix_by_hand`, which neither the model nor a migration shows"
    ]


@pytest.mark.parametrize(
    "plans",
    [
        (plan(SEARCH), plan(SCAN)),  # the index came while the tests ran, or is not in every database
        (plan(PlanRead(how="search", table="orders", index="ix", by=("total",))),),
        (plan(PlanRead(how="search", table="orders", by=("rowid",))),),
        (plan(SEARCH, sql="SELECT 1 FROM orders WHERE orders.total = ?"),),
        (plan(PlanRead(how="search", table="customers", index="ix", by=("agent_id",))),),
        (plan(PlanRead(how="search", table="orders", index="ix", by=("total", "agent_id"))),),
    ],
)
def test_what_does_not_disprove_it(tmp_path: Path, plans: tuple[Plan, ...]) -> None:
    found, refuted = diagnosed(tmp_path, recorded(*plans))
    assert len(found) == 1
    assert refuted == []


def test_the_end_of_a_key_that_the_code_shows_disproves_nothing_on_postgresql(tmp_path: Path) -> None:
    """It reads the whole of that key for it, which its plan calls by the same words as a look-up."""
    search = PlanRead(how="search", table="orders", index="orders_pkey", by=("agent_id",))
    key = '    __table_args__ = (UniqueConstraint("total", "agent_id"),)\n'
    for database, disproved in (("postgresql", 0), ("sqlite", 1)):
        root = tmp_path / database
        found, refuted = diagnosed(root, recorded(plan(search, database=database)), key=key)
        assert (len(found), len(refuted)) == (1 - disproved, disproved)


def test_aliases_are_resolved() -> None:
    sql = "SELECT o.id FROM orders AS o JOIN customers AS orders_1 ON orders_1.id = o.customer_id WHERE o.total = ?"
    steps = (PlanRead(how="scan", table="o"), PlanRead(how="search", table="orders_1", by=("rowid",)))
    with recorded(plan(*steps, sql=sql), sql=sql) as traces:
        (found,) = reads(traces).values()
    assert sorted((read.access, read.table, read.columns) for read in found) == [
        ("scan", "orders", ()),
        ("search", "customers", ("rowid",)),
    ]


def test_a_place_is_told_with_a_text_of_its_own() -> None:
    sent = tuple(
        Statement(
            sql=f"SELECT a FROM t WHERE id = {number}", operation="SELECT", rows=1, stack=number, on_loop=True
        )
        for number in (1, 2, 2)
    )
    exchange = Exchange(key="t#1", method="GET", path="/", route="/", status=200, statements=sent)
    stacks: dict[tuple[int, int], tuple[Frame, ...]] = {
        (0, number): (Frame("a.py", number, "f"),) for number in (1, 2)
    }
    plans = (plan(SCAN, sql="SELECT a FROM t WHERE id = 3"),)
    with Traces.load(Run(exchanges=(exchange,), stacks=stacks, owners={0: 0}, plans=plans)) as traces:
        for found in (statements(traces), rows_read(traces), statements_on_loop(traces)):
            told = {group.frames[0].line: (group.text, group.counts) for group in found}
            assert told == {
                1: ("SELECT a FROM t WHERE id = 1", [1]),
                2: ("SELECT a FROM t WHERE id = 2", [2]),
            }
        assert set(reads(traces)) == {f"SELECT a FROM t WHERE id = {number}" for number in (1, 2)}
