"""Rows that come backwards where no statement names an order."""

from __future__ import annotations

import pytest

from pitstop_probe.order import names_order

from .runner import Runner


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT a FROM t", False),
        ("SELECT a FROM t ORDER BY a", True),
        ("select a from t\norder  by a", True),
        ("SELECT a FROM t LIMIT 3", True),
        ("SELECT a FROM t OFFSET 3", True),
        ("SELECT a FROM t FETCH FIRST 3 ROWS ONLY", True),
        ("SELECT DISTINCT ON (a) a, b FROM t", True),
        ("SELECT DISTINCT a FROM t", False),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 2) AS x", False),
        ("SELECT row_number() OVER (ORDER BY (a)) FROM t", False),
        ("SELECT 'ORDER BY (' FROM t", False),
        ('SELECT "order by" FROM t -- ORDER BY\n', False),
        ("SELECT a /* ORDER BY */ FROM t", False),
        ("SELECT 'it''s' FROM t ORDER BY 1", True),
        ("(SELECT a FROM t) UNION (SELECT a FROM s) ORDER BY a", True),
        ("SELECT border_by FROM t", False),
    ],
)
def test_statements_that_name_an_order(sql: str, names: bool) -> None:
    assert names_order(sql) is names


APP = """
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
later = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
app = FastAPI()


@app.get("/sync")
def sync():
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t AS SELECT 1 AS a UNION SELECT 2 UNION SELECT 3"))
        return [
            list(connection.execute(text("SELECT a FROM t")).scalars()),
            connection.execute(text("SELECT a FROM t")).fetchmany(2)[1][0],
            connection.execute(text("SELECT a FROM t")).first()[0],
            list(connection.execute(text("SELECT a FROM t ORDER BY a")).scalars()),
        ]


@app.get("/async")
async def asynchronous():
    async with later.begin() as connection:
        await connection.execute(text("CREATE TABLE t AS SELECT 1 AS a UNION SELECT 2 UNION SELECT 3"))
        plain = list((await connection.execute(text("SELECT a FROM t"))).scalars())
        return [plain, 0, 0, [row.a async for row in await connection.stream(text("SELECT a FROM t ORDER BY a"))]]
"""


@pytest.mark.parametrize(
    ("orders", "sync"),
    [({}, b"[[1,2,3],2,1,[1,2,3]]"), ({"reversed": True}, b"[[3,2,1],2,3,[1,2,3]]")],
)
def test_rows_come_backwards_where_it_is_asked_for(
    runner: Runner, orders: dict[str, bool], sync: bytes
) -> None:
    runner.write("rows.py", APP)
    run = runner.requests("rows:app", "GET /sync", "GET /async", client="async", **orders)
    assert [each.body for each in run.exchanges] == [sync, sync[:8] + b",0,0,[1,2,3]]"]
