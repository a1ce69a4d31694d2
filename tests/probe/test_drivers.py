"""Statements that a service sends without SQLAlchemy."""

from __future__ import annotations

import pytest

from .runner import Runner

SQLITE = """
import sqlite3
from fastapi import FastAPI

app = FastAPI()

def opened():
    db = sqlite3.connect("own.db")
    db.execute("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT)")
    return db

opened().close()

@app.get("/read")
def read():
    with opened() as db:
        return db.execute("SELECT name FROM item WHERE id > ?", (0,)).fetchall()  # reads

@app.get("/write")
async def write():
    db = opened()
    cursor = db.cursor()
    cursor.executemany("INSERT INTO item (name) VALUES (?)", [("a",), ("b",)])  # writes
    db.commit()
    return [isinstance(db, sqlite3.Connection), cursor.rowcount]
"""
AIOSQLITE = """
import aiosqlite
from fastapi import FastAPI

app = FastAPI()

@app.get("/read")
async def read():
    async with aiosqlite.connect("own.db") as db:
        await db.execute("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT)")
        async with db.execute("SELECT name FROM item WHERE id > ?", (0,)) as cursor:  # reads
            return await cursor.fetchall()

@app.get("/write")
async def write():
    async with aiosqlite.connect("own.db") as db:
        cursor = await db.cursor()
        await cursor.executemany("INSERT INTO item (name) VALUES (?)", [("a",), ("b",)])  # writes
        await db.commit()
        return [True, cursor.rowcount]
"""
ASYNCPG = """
import os
import asyncpg
from fastapi import FastAPI

app = FastAPI()
URL = os.environ["APP_DATABASE"]

@app.get("/read")
async def read():
    db = await asyncpg.connect(URL)
    await db.execute("CREATE TABLE IF NOT EXISTS item (id SERIAL PRIMARY KEY, name TEXT)")
    rows = await db.fetch("SELECT name FROM item WHERE id > $1", 0)  # reads
    await db.close()
    return [row["name"] for row in rows]

@app.get("/write")
async def write():
    db = await asyncpg.connect(URL)
    await db.executemany("INSERT INTO item (name) VALUES ($1)", [("a",), ("b",)])  # writes
    status = await db.execute(query="UPDATE item SET name = 'c'")
    await db.close()
    return [status == "UPDATE 2", 2]
"""
PSYCOPG = """
import os
import psycopg
from fastapi import FastAPI

app = FastAPI()
URL = os.environ["APP_DATABASE"]

@app.get("/read")
def read():
    with psycopg.connect(URL) as db:
        db.execute("CREATE TABLE IF NOT EXISTS item (id SERIAL PRIMARY KEY, name TEXT)")
        return [row[0] for row in db.execute(query="SELECT name FROM item WHERE id > %s", params=(0,))]  # reads

@app.get("/write")
async def write():
    async with await psycopg.AsyncConnection.connect(URL) as db:
        async with db.cursor() as cursor:
            await cursor.executemany(query="INSERT INTO item (name) VALUES (%s)", params_seq=[("a",), ("b",)])  # writes
            return [True, cursor.rowcount]
"""
PSYCOPG2 = """
import os
import psycopg2
from fastapi import FastAPI

app = FastAPI()
URL = os.environ["APP_DATABASE"]

@app.get("/read")
def read():
    with psycopg2.connect(URL) as db, db.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS item (id SERIAL PRIMARY KEY, name TEXT)")
        cursor.execute(query="SELECT name FROM item WHERE id > %s", vars=(0,))  # reads
        return [row[0] for row in cursor.fetchall()]

@app.get("/write")
async def write():
    with psycopg2.connect(URL) as db, db.cursor() as cursor:
        cursor.executemany("INSERT INTO item (name) VALUES (%s)", vars_list=[("a",), ("b",)])  # writes
        cursor.execute("UPDATE item SET name = 'c'")
        return [isinstance(cursor, psycopg2.extensions.cursor), cursor.rowcount]
"""
APPS = {
    "sqlite3": SQLITE,
    "aiosqlite": AIOSQLITE,
    "asyncpg": ASYNCPG,
    "psycopg": PSYCOPG,
    "psycopg2": PSYCOPG2,
}


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest, runner: Runner) -> str:
    """An app for each driver, with its database."""
    name: str = request.param
    if name in {"asyncpg", "psycopg", "psycopg2"}:
        runner.variables["APP_DATABASE"] = request.getfixturevalue("postgres_url")
    runner.write("driven.py", APPS[name])
    return name


def test_statements_of_a_driver_are_noted_once(runner: Runner, app: str) -> None:
    run = runner.requests("driven:app", "GET /read", "GET /write", "GET /read")
    assert [each.status for each in run.exchanges] == [200, 200, 200]
    assert run.exchanges[1].body == b"[true,2]"
    position, last = 2, run.exchanges[2]
    (read,) = [each for each in last.statements if each.operation == "SELECT"]
    assert read.sql.startswith("SELECT name FROM item WHERE id > ")
    assert read.params
    assert runner.lines_of(run, position, read.stack)[0] == ("driven.py", runner.line("driven.py", "reads"))
    assert 0 < read.duration_ns <= last.duration_ns
    assert read.rows == (0 if app in {"sqlite3", "aiosqlite"} else 2)
    (written,) = [each for each in run.exchanges[1].statements if each.operation == "INSERT"]
    assert runner.lines_of(run, 1, written.stack)[0] == ("driven.py", runner.line("driven.py", "writes"))
    assert written.on_loop is (app in {"sqlite3", "psycopg2"})


@pytest.mark.parametrize("url", ["sqlite://", "sqlite+aiosqlite://"])
def test_what_sqlalchemy_sends_is_not_noted_twice(runner: Runner, url: str) -> None:
    sync = not url.startswith("sqlite+")
    begin = "create_engine, text" if sync else "text"
    runner.write(
        "driven.py",
        f"""
        from fastapi import FastAPI
        from sqlalchemy import {begin}
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = {"create_engine" if sync else "create_async_engine"}({url!r})
        app = FastAPI()

        @app.get("/x")
        {"def" if sync else "async def"} handler():
            {"with" if sync else "async with"} engine.connect() as db:
                return {"" if sync else "(await "}db.execute(text("SELECT 1")){"" if sync else ")"}.scalar()
        """,
    )
    (exchange,) = runner.requests("driven:app", "GET /x").exchanges
    assert [each.sql for each in exchange.statements if each.operation == "SELECT"] == ["SELECT 1"]
