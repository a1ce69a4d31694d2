"""Statements of psycopg2's own classes, and of those that people make of them."""

from __future__ import annotations

import pytest

from .runner import Runner

APP = """
import os
import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool
from fastapi import FastAPI
from psycopg2 import sql

app = FastAPI()
URL = os.environ["APP_DATABASE"]


class OwnConnection(psycopg2.extensions.connection):
    def cursor(self):
        return super().cursor(cursor_factory=OwnCursor)


class OwnCursor(psycopg2.extras.DictCursor):
    def execute(self, statement, values=None):
        super().execute("SET LOCAL lock_timeout = 1000")
        super().execute(statement, values)


def made(*args, **named):
    return psycopg2.extensions.cursor(*args, **named)


def fetched(db, **named):
    with db, db.cursor(**named) as cursor:
        cursor.execute("SELECT %s AS a", (1,))  # sends
        return cursor.fetchone(), type(cursor).__name__, isinstance(cursor, psycopg2.extensions.cursor)


@app.get("/plain")
def plain():
    return fetched(psycopg2.connect(URL))

@app.get("/named")
def named():
    return fetched(psycopg2.connect(URL), name="held", cursor_factory=None)

@app.get("/dict")
def as_dict():
    return fetched(psycopg2.connect(URL), cursor_factory=psycopg2.extras.RealDictCursor)

@app.get("/of-connection")
def of_connection():
    return fetched(psycopg2.connect(URL, cursor_factory=psycopg2.extras.NamedTupleCursor))

@app.get("/connection-class")
def connection_class():
    return fetched(psycopg2.connect(URL, connection_factory=psycopg2.extras.DictConnection))

@app.get("/positional")
def positional():
    db = psycopg2.connect(URL)
    with db.cursor(None, psycopg2.extras.DictCursor) as cursor:
        cursor.execute("SELECT %s AS a", (1,))
        return cursor.fetchone(), type(cursor).__name__, isinstance(cursor, psycopg2.extras.DictCursor)

@app.get("/own")
def own():
    db = psycopg2.connect(URL, connection_factory=OwnConnection)
    return *fetched(db), type(db).__name__, isinstance(db, OwnConnection), isinstance(db.cursor(), OwnCursor)

@app.get("/made")
def by_function():
    return fetched(psycopg2.connect(URL), cursor_factory=made)

@app.get("/pool")
def pool():
    held = psycopg2.pool.SimpleConnectionPool(1, 2, URL)
    return fetched(held.getconn())

@app.get("/helpers")
def helpers():
    with psycopg2.connect(URL) as db, db.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMP TABLE {} (a int)").format(sql.Identifier("odd one")))
        psycopg2.extras.execute_values(cursor, 'INSERT INTO "odd one" (a) VALUES %s', [(1,), (2,)])
        cursor.callproc("abs", [-3])
        return cursor.fetchone()

@app.get("/fails")
def fails():
    db = psycopg2.connect(URL)
    try:
        db.cursor().execute("SELECT nothing")
    except psycopg2.Error as error:
        db.rollback()
    try:
        db.close()
        db.cursor()
    except psycopg2.InterfaceError as error:
        return str(error)

@app.get("/waiting")
def waiting():
    db = psycopg2.connect(URL, async_=True)
    psycopg2.extras.wait_select(db)
    cursor = db.cursor()
    cursor.execute("SELECT 1")
    psycopg2.extras.wait_select(db)
    return cursor.fetchone()
"""
BODIES = {
    "/plain": b'[[1],"cursor",true]',
    "/named": b'[[1],"cursor",true]',
    "/dict": b'[{"a":1},"RealDictCursor",true]',
    "/of-connection": b'[[1],"NamedTupleCursor",true]',
    "/connection-class": b'[[1],"DictCursor",true]',
    "/positional": b'[[1],"DictCursor",true]',
    "/own": b'[[1],"OwnCursor",true,"OwnConnection",true,true]',
    "/made": b'[[1],"cursor",true]',
    "/pool": b'[[1],"cursor",true]',
    "/helpers": b"[3]",
    "/fails": b'"connection already closed"',
    "/waiting": b"[1]",
}
SENT = {
    "/own": ["SET LOCAL lock_timeout = 1000", "SELECT %s AS a"],
    "/made": [],
    "/helpers": [
        'CREATE TEMP TABLE "odd one" (a int)',
        'INSERT INTO "odd one" (a) VALUES (1),(2)',
        "SELECT * FROM abs(%s)",
    ],
    "/fails": ["SELECT nothing"],
    "/waiting": [],
}


@pytest.fixture
def database(runner: Runner, postgres_url: str) -> str:
    """A database that the service of this test speaks to."""
    runner.variables["APP_DATABASE"] = postgres_url
    return postgres_url


def test_each_class_behaves_as_it_does_and_sends_what_is_noted(runner: Runner, database: str) -> None:
    runner.write("bare.py", APP)
    run = runner.requests("bare:app", *(f"GET {path}" for path in BODIES), databases=[database])
    assert {each.path: each.body for each in run.exchanges} == BODIES
    sent = {each.path: [statement.sql for statement in each.statements] for each in run.exchanges}
    assert sent == {path: SENT.get(path, ["SELECT %s AS a"]) for path in BODIES}
    position, exchange = runner.only(run, "/dict")
    (statement,) = exchange.statements
    assert statement.params
    assert statement.rows == 1
    assert runner.lines_of(run, position, statement.stack)[0] == ("bare.py", runner.line("bare.py", "sends"))


@pytest.mark.usefixtures("database")
def test_without_the_probe_the_answers_are_the_same(runner: Runner) -> None:
    runner.write("bare.py", APP)
    script = f"""
        from fastapi.testclient import TestClient
        from bare import app
        with TestClient(app) as client:
            print({{path: client.get(path).content for path in {list(BODIES)!r}}} == {BODIES!r})
    """
    runner.variables["PITSTOP_PROBE"] = ""
    runner.out.mkdir()
    runner.script(script)
    assert runner.output == "True\n"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("creator", ["", ", creator=lambda: psycopg2.connect(URL)"])
def test_what_sqlalchemy_sends_is_not_noted_twice(runner: Runner, creator: str) -> None:
    runner.write(
        "mapped.py",
        f"""
        import os
        import psycopg2
        from fastapi import FastAPI
        from sqlalchemy import create_engine, text

        URL = os.environ["APP_DATABASE"]
        engine = create_engine(URL.replace("postgresql:", "postgresql+psycopg2:"){creator})
        app = FastAPI()

        @app.get("/x")
        def handler():
            with engine.connect() as db:
                kind = type(db.connection.dbapi_connection) is psycopg2.extensions.connection
                return [db.execute(text("SELECT 1")).scalar(), kind]
        """,
    )
    (exchange,) = runner.requests("mapped:app", "GET /x").exchanges
    assert exchange.body == (b"[1,false]" if creator else b"[1,true]")
    assert [each.sql for each in exchange.statements if "SELECT 1" in each.sql] == ["SELECT 1"]
