"""Plans and work: asked of the real databases, and unseen by the app."""

from __future__ import annotations

from typing import Any

import pytest

from pitstop.traces.records import Plan, Run
from pitstop_probe.plans import postgresql, postgresql_steps, sqlite, sqlite_steps

from .runner import Runner, queries

APP = """
import os

from fastapi import FastAPI
from sqlalchemy import create_engine, event, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

URL = os.environ["APP_DATABASE"]
IS_ASYNC = "aiosqlite" in URL or "asyncpg" in URL or "psycopg_async" in URL
ROWS = 20_000


class Base(DeclarativeBase):
    pass


class Line(Base):
    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    name: Mapped[str] = mapped_column(unique=True)


plain = create_engine(URL.replace("+aiosqlite", "").replace("asyncpg", "psycopg").replace("psycopg_async", "psycopg"))
Base.metadata.drop_all(plain)
Base.metadata.create_all(plain)
with plain.begin() as filling:
    filling.execute(Line.__table__.insert(), [{"id": n, "order_id": n // 10, "name": f"n{n}"} for n in range(ROWS)])
with plain.connect().execution_options(isolation_level="AUTOCOMMIT") as analyzing:
    analyzing.execute(text("ANALYZE"))
plain.dispose()
OPTIONS = {"execution_options": {"isolation_level": "AUTOCOMMIT"}} if os.environ.get("APP_AUTOCOMMIT") else {}
engine = (create_async_engine if IS_ASYNC else create_engine)(URL, **OPTIONS)
app = FastAPI()
seen: list[str] = []


@event.listens_for(engine.sync_engine if IS_ASYNC else engine, "before_cursor_execute")
def note(connection, cursor, statement, parameters, context, many):
    seen.append(statement)


def unindexed():
    return select(Line).where(Line.order_id == 7).order_by(func.length(Line.name), Line.id)


def by_name():
    return select(Line).where(Line.name == "secret value")


if IS_ASYNC:

    async def run(*statements):
        async with AsyncSession(engine) as session:
            found = []
            for statement in statements:
                result = await session.execute(statement)
                found = [] if statement.is_dml else [getattr(row, "id", row) for row in result.scalars()]
            await session.commit()
            return found
else:

    async def run(*statements):
        with Session(engine) as session:
            found = []
            for statement in statements:
                result = session.execute(statement)
                found = [] if statement.is_dml else [getattr(row, "id", row) for row in result.scalars()]
            session.commit()
            return found


@app.get("/unindexed")
async def get_unindexed():
    return await run(unindexed())


@app.get("/by-name")
async def get_by_name():
    return await run(by_name())


@app.get("/twice")
async def get_twice():
    return await run(unindexed(), unindexed())


@app.get("/update")
async def get_update():
    return await run(update(Line).where(Line.order_id == 8).values(name=Line.name + "x"))


@app.get("/failing")
async def get_failing():
    return await run(text("SELECT id FROM no_such_table"))


@app.get("/odd")
async def get_odd():
    return await run(text("SELECT id FROM line WHERE name = 'it''s = ?%' OR id IN (1, 2)").columns(Line.id))


@app.get("/seen")
async def get_seen():
    return {"seen": seen}
"""

SQLITE = ["sqlite:///a.db", "sqlite+aiosqlite:///a.db"]
POSTGRESQL = ["postgresql+psycopg", "postgresql+psycopg_async", "postgresql+asyncpg"]


def run(runner: Runner, url: str, *paths: str, **orders: Any) -> Run:
    runner.write("indexed.py", APP)
    runner.variables["APP_DATABASE"] = url
    return runner.requests("indexed:app", *(f"GET {path}" for path in paths), **orders)


@pytest.fixture(params=[*SQLITE, *POSTGRESQL])
def url(request: pytest.FixtureRequest) -> str:
    """Each database through each driver that the probe knows."""
    kind: str = request.param
    if kind.startswith("sqlite"):
        return kind
    server: str = request.getfixturevalue("postgres_url")
    return server.replace("postgresql", kind, 1)


def of(found: Run, words: str) -> Plan:
    (plan,) = {plan for plan in found.plans if words in plan.sql}
    return plan


def test_plans_and_work(runner: Runner, url: str) -> None:
    paths = ("/unindexed", "/by-name", "/twice", "/update", "/failing", "/odd", "/unindexed", "/seen")
    bare = run(runner, url, *paths)
    full = run(runner, url, *paths, plans=True, work=True)
    database = "sqlite" if url.startswith("sqlite") else "postgresql"

    scan = of(full, "ORDER BY")
    assert scan.database == database
    assert [(read.how, read.table) for read in scan.reads] == [("scan", "line")]
    assert scan.reads[0].rows == (None if database == "sqlite" else 20_000)
    assert scan.sorts == 1
    assert [step.depth for step in scan.steps] == ([0, 0] if database == "sqlite" else [0, 1])
    assert {step.text for step in scan.steps} == (
        {"SCAN line", "USE TEMP B-TREE FOR ORDER BY"}
        if database == "sqlite"
        else {"Sort", "Seq Scan on line"}
    )
    assert all((step.rows is None) == (database == "sqlite") for step in scan.steps)
    search = of(full, "WHERE line.name =")
    (read,) = search.reads
    assert (read.how, read.table, read.by, bool(read.index)) == ("search", "line", ("name",), True)
    assert search.sorts == 0
    assert of(full, "UPDATE").reads[0].how == "scan"
    assert not [plan for plan in full.plans if "no_such_table" in plan.sql]
    text = runner.written()
    assert "secret value" not in text.replace("WHERE name = 'it", "")

    # nothing of it is seen: not in the answers, which hold what the app's own events saw, nor in the records
    assert [each.response_body for each in full.exchanges] == [each.response_body for each in bare.exchanges]
    assert [each.status for each in full.exchanges] == [each.status for each in bare.exchanges]
    for one, other in zip(bare.exchanges, full.exchanges, strict=True):
        assert [(s.sql, s.rows) for s in one.statements] == [(s.sql, s.rows) for s in other.statements]
        assert one.changes == other.changes
        assert other.duration_ns > 0
        assert other.cpu_ns >= 0
    assert not bare.plans
    assert {each.work for each in bare.exchanges} == {None}

    unindexed, by_name, twice, update, failing, _, again, nothing = full.exchanges
    unit = "steps" if database == "sqlite" else "rows"
    assert (unindexed.work_unit, by_name.work_unit) == (unit, unit)
    assert unindexed.work is not None
    assert unindexed.work >= 20_000
    assert by_name.work in (0, 1)
    assert twice.work == pytest.approx(2 * unindexed.work, rel=0.02)
    assert again.work == pytest.approx(unindexed.work, rel=0.02)
    assert update.work is not None
    assert update.work >= 20_000
    assert {each.status for each in full.exchanges if each is not failing} == {200}
    assert failing.status == 500
    assert database == "sqlite" or failing.work is None
    assert nothing.work is None


def test_work_is_the_same_each_time(runner: Runner, url: str) -> None:
    paths = ("/unindexed", "/by-name", "/twice", "/update", "/odd")
    works = [[each.work for each in run(runner, url, *paths, work=True).exchanges] for _ in range(2)]
    assert works[0] == works[1]


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_autocommit(runner: Runner, kind: str, postgres_url: str) -> None:
    """Without a transaction a plan may be asked for plainly; the counters of the server cannot be trusted."""
    runner.variables["APP_AUTOCOMMIT"] = "1"
    found = run(
        runner, postgres_url.replace("postgresql", kind, 1), "/unindexed", "/failing", plans=True, work=True
    )
    assert of(found, "ORDER BY").reads[0].how == "scan"
    assert {each.work for each in found.exchanges} == {None}


def test_each_text_is_asked_about_a_few_times(runner: Runner) -> None:
    """A table that grew may have another plan; the same plan is written once."""
    found = run(runner, SQLITE[0], *["/unindexed"] * 10, plans=True)
    assert len(found.plans) == 1
    assert len(found.exchanges) == 10
    assert all(len(queries(each)) == 1 for each in found.exchanges)


class TestSQLite:
    @pytest.mark.parametrize(
        ("detail", "read"),
        [
            ("SCAN item", {"how": "scan", "table": "item"}),
            ("SCAN TABLE item AS i", {"how": "scan", "table": "item", "alias": "i"}),
            ("SCAN item USING INDEX ix", {"how": "scan", "table": "item", "index": "ix"}),
            ("SCAN item USING COVERING INDEX ix", {"how": "scan", "table": "item", "index": "ix"}),
            (
                "SEARCH item USING INDEX ix (a=? AND b>?)",
                {"how": "search", "table": "item", "index": "ix", "by": ["a", "b"]},
            ),
            (
                "SEARCH i USING INTEGER PRIMARY KEY (rowid=?)",
                {"how": "search", "table": "i", "by": ["rowid"]},
            ),
            ("SEARCH t USING AUTOMATIC COVERING INDEX (a=?)", {"how": "scan", "table": "t"}),
            ("SEARCH t USING AUTOMATIC PARTIAL COVERING INDEX (a=?)", {"how": "scan", "table": "t"}),
        ],
    )
    def test_a_step(self, detail: str, read: dict[str, object]) -> None:
        assert sqlite([detail]) == ([read], 0)

    @pytest.mark.parametrize(
        "detail",
        [
            "SCAN CONSTANT ROW", "SCAN 3 CONSTANT ROWS", "SCAN SUBQUERY 1", "SCAN (subquery-2)",
            "SCAN json_each VIRTUAL TABLE INDEX 1:", "COMPOUND QUERY", "USE TEMP B-TREE FOR GROUP BY", "MULTI-INDEX OR", "",
        ],
    )  # fmt: skip
    def test_what_reads_no_table(self, detail: str) -> None:
        assert sqlite([detail]) == ([], 0)

    def test_steps_lie_within_those_that_are_their_parents(self) -> None:
        rows = [
            (3, 0, 0, "CO-ROUTINE t"),
            (5, 3, 0, "SCAN a"),
            (9, 0, 0, "SCAN t"),
            (12, 9, 0, "SEARCH b"),
            (13, 9, 0, "x"),
        ]
        assert [(step["depth"], step["text"]) for step in sqlite_steps(rows)] == [
            (0, "CO-ROUTINE t"),
            (1, "SCAN a"),
            (0, "SCAN t"),
            (1, "SEARCH b"),
            (1, "x"),
        ]

    def test_sorts(self) -> None:
        sorting = ["USE TEMP B-TREE FOR ORDER BY", "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"]
        assert sqlite([*sorting, "USE TEMP B-TREE FOR DISTINCT"]) == ([], 2)


class TestPostgreSQL:
    def test_nodes(self) -> None:
        plan = {
            "Node Type": "Sort",
            "Plans": [
                {
                    "Node Type": "Nested Loop",
                    "Plans": [
                        {"Node Type": "Seq Scan", "Relation Name": "a", "Alias": "a_1", "Filter": "(x = 'secret')"},
                        {
                            "Node Type": "Bitmap Heap Scan",
                            "Relation Name": "b",
                            "Alias": "b",
                            "Plans": [
                                {
                                    "Node Type": "BitmapAnd",
                                    "Plans": [
                                        {
                                            "Node Type": "Bitmap Index Scan",
                                            "Index Name": "ix_b",
                                            "Index Cond": "((b.u = a_1.x) AND ((n)::text = 'q (secret = 1'::text))",
                                        }
                                    ],
                                }
                            ],
                        },
                        {"Node Type": "Index Scan", "Relation Name": "c", "Alias": "c", "Index Name": "c_pkey"},
                    ],
                }
            ],
        }  # fmt: skip
        reads, sorts = postgresql(plan)
        assert reads == [
            {"how": "scan", "table": "a", "alias": "a_1"},
            {"how": "search", "table": "b", "index": "ix_b", "by": ["u", "n"]},
            {"how": "scan", "table": "c", "index": "c_pkey"},
        ]
        assert sorts == 1
        assert list(postgresql_steps(plan)) == [
            {"depth": 0, "text": "Sort", "rows": 0},
            {"depth": 1, "text": "Nested Loop", "rows": 0},
            {"depth": 2, "text": "Seq Scan on a a_1", "rows": 0},
            {"depth": 2, "text": "Bitmap Heap Scan on b", "rows": 0},
            {"depth": 3, "text": "BitmapAnd", "rows": 0},
            {"depth": 4, "text": "Bitmap Index Scan using ix_b", "rows": 0},
            {"depth": 2, "text": "Index Scan using c_pkey on c", "rows": 0},
        ]
