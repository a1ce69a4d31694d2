"""Connections to other databases than the run's own."""

from __future__ import annotations

import pytest

from pitstop_probe.guard import address_of, from_arguments

from .runner import Runner

PREPARE = "import asyncio, os, sqlite3\nfrom sqlalchemy import create_engine, text\n"
TRY = """
try:
    {code}
except RuntimeError as error:
    print("refused:", error)
except Exception as error:
    print("other:", type(error).__name__)
else:
    print("connected")
"""


def outcome(runner: Runner, code: str, databases: list[str] | None) -> str:
    run = runner.script(PREPARE + TRY.format(code=code), databases=databases)
    assert not run.faults
    assert len(run.refused) == ("refused:" in runner.output)
    assert not any("hidden" in each.address for each in run.refused)
    assert "hidden" not in runner.output
    return runner.output.split(":")[0].strip()


OTHER = "postgresql+psycopg://user:hidden@127.0.0.1:1/production"
POSTGRESQL = [
    f"create_engine('{OTHER}').connect()",
    f"create_engine('{OTHER}'.replace('psycopg', 'asyncpg')).dialect",
    "__import__('psycopg').connect('host=127.0.0.1 port=1 dbname=production password=hidden')",
    "__import__('psycopg').Connection.connect('postgresql://user:hidden@127.0.0.1:1/production')",
    "asyncio.run(__import__('asyncpg').connect('postgresql://user:hidden@127.0.0.1:1/production'))",
]


@pytest.mark.parametrize("code", [POSTGRESQL[0], *POSTGRESQL[2:]])
def test_another_server(runner: Runner, code: str) -> None:
    assert outcome(runner, code, ["sqlite", "postgresql://127.0.0.1:1/pitstop_copy"]) == "refused"


@pytest.mark.parametrize("arguments", ["isolation_level='AUTOCOMMIT'", "paramstyle='named'"])
def test_what_create_engine_takes_stays_the_same(runner: Runner, arguments: str) -> None:
    code = f"create_engine('sqlite://', {arguments}).connect().close()"
    assert outcome(runner, code, ["sqlite"]) == "connected"
    assert outcome(runner, code.replace("sqlite://", OTHER), ["sqlite"]) == "refused"


@pytest.mark.parametrize("code", [POSTGRESQL[0], *POSTGRESQL[2:]])
def test_every_database_of_a_server(runner: Runner, code: str) -> None:
    assert outcome(runner, code, ["postgresql://127.0.0.1:1/*"]) == "other"
    assert outcome(runner, code, ["postgresql://127.0.0.1:2/*"]) == "refused"


@pytest.mark.parametrize("code", [POSTGRESQL[0], *POSTGRESQL[2:]])
def test_the_one_that_is_named(runner: Runner, code: str) -> None:
    assert outcome(runner, code, ["postgresql://localhost:1/production"]) == "other"
    assert outcome(runner, code, None) == "other"


def test_asyncpg_under_sqlalchemy(runner: Runner) -> None:
    run = runner.script(
        """
        import asyncio
        from sqlalchemy.ext.asyncio import create_async_engine
        async def main():
            async with create_async_engine("postgresql+asyncpg://u:hidden@127.0.0.1:1/production").connect():
                pass
        try:
            asyncio.run(main())
        except RuntimeError as error:
            print(error)
        """,
        databases=["sqlite"],
    )
    assert run.refused[0].address == "postgresql://127.0.0.1:1/production"
    assert "refused a connection" in runner.output


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (":memory:", "connected"),
        ("inside.db", "connected"),
        ("/nowhere/real.db", "refused"),
        ("file:inside.db?mode=rwc", "connected"),
        ("file:/nowhere/real.db?mode=ro", "refused"),
        ("file:shared?mode=memory&cache=shared", "connected"),
    ],
)
def test_sqlite_files(runner: Runner, name: str, expected: str) -> None:
    assert (
        outcome(runner, f"sqlite3.connect('{name}', uri={name.startswith('file:')})", ["sqlite"]) == expected
    )


def test_sqlite_through_sqlalchemy(runner: Runner) -> None:
    assert outcome(runner, "create_engine('sqlite:////nowhere/real.db').connect()", ["sqlite"]) == "refused"
    assert outcome(runner, "create_engine('sqlite:///own.db').connect()", ["sqlite"]) == "connected"
    assert outcome(runner, "create_engine('sqlite:///own.db').connect()", []) == "refused"


@pytest.mark.parametrize(
    ("name", "begun", "expected"),
    [("theirs.db", 1e12, "refused"), ("theirs.db", 1, "connected"), ("new.db", 1e12, "connected")],
)
def test_a_file_that_was_in_the_temporary_folder_before(
    runner: Runner, name: str, begun: float, expected: str
) -> None:
    (runner.folder / "theirs.db").write_bytes(b"")
    runner.variables["TMPDIR"] = str(runner.folder)
    code = f"create_engine('sqlite:///{runner.folder / name}').connect()"
    run = runner.script(PREPARE + TRY.format(code=code), databases=["sqlite"], since=begun)
    assert not run.faults
    assert runner.output.startswith(expected)


def test_a_refusal_names_the_line(runner: Runner) -> None:
    runner.write("reaches.py", "import sqlite3\n\ndef out():\n    sqlite3.connect('/nowhere/real.db')\n")
    run = runner.script(
        "import reaches\ntry:\n    reaches.out()\nexcept RuntimeError: pass", databases=["sqlite"]
    )
    (process,) = run.processes
    assert [(f.path, f.line) for f in run.stacks[process.pid, run.refused[0].stack]] == [("reaches.py", 4)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://localhost/a", "postgresql+asyncpg://u:p@127.0.0.1:5432/a"),
        ("postgres://[::1]:5432/a", "postgresql://127.0.0.1/a"),
        ("postgresql:///a?host=/run/s", "postgresql://u@/a?host=/run/s"),
    ],
)
def test_addresses_that_are_the_same(one: str, other: str) -> None:
    assert address_of(one) == address_of(other)


def test_addresses_from_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    named = {"host": "db", "port": "6000", "database": "a", "user": "u"}
    assert from_arguments("postgresql", (), named) == ("postgresql", "db", 6000, "a")
    assert from_arguments("postgresql", ("dbname=a host=/run/s",), {}) == ("postgresql", "/run/s", 5432, "a")
    assert from_arguments("mysql", (), {"host": "db", "db": "a"}) == ("mysql", "db", 3306, "a")
    monkeypatch.setenv("PGHOST", "elsewhere")
    assert from_arguments("postgresql", (), {"user": "u"}) == ("postgresql", "elsewhere", 5432, "u")


MONGODB = [
    "__import__('pymongo').MongoClient('URL').shop.items.find_one()",
    "asyncio.run(__import__('pymongo').AsyncMongoClient('URL').shop.items.find_one())",
    "asyncio.run(asked())",
]
MOTOR = """
from motor.motor_asyncio import AsyncIOMotorClient
async def asked():
    return await AsyncIOMotorClient('URL').shop.items.find_one()
"""


@pytest.mark.parametrize("code", MONGODB)
def test_another_mongodb(runner: Runner, code: str, mongodb_url: str) -> None:
    server = mongodb_url.removeprefix("mongodb://")
    given = {"URL": mongodb_url.replace("//", "//user:hidden@") + "/shop?authSource=admin"}
    script = (PREPARE + MOTOR + TRY.format(code=code)).replace("URL", given["URL"])
    run = runner.script(script, databases=["sqlite", "mongodb://127.0.0.1:1"])
    assert {(each.what, each.address) for each in run.refused} == {("mongodb", f"mongodb://{server}/")}
    assert runner.output.startswith("refused:")
    assert "hidden" not in runner.output
    script = script.replace("user:hidden@", "")
    for entry in (f"mongodb://{server}", f"mongodb://{server.replace('127.0.0.1', 'localhost')}/*"):
        run = runner.script(script, databases=[entry])
        assert runner.output.strip() == "connected"
        assert not run.refused


def test_a_mongodb_that_nobody_asks_is_not_refused(runner: Runner) -> None:
    run = runner.script(
        """
        import threading
        import pymongo
        before = threading.active_count()
        client = pymongo.MongoClient("mongodb://127.0.0.1:1")
        print(client.shop.items.name, threading.active_count() - before)
        client.close()
        """,
        databases=[],
    )
    assert runner.output.split()[0] == "items"
    assert not run.refused


def test_a_server_that_another_one_names(runner: Runner, mongodb_url: str) -> None:
    run = runner.script(
        f"""
        import pymongo
        client = pymongo.MongoClient({mongodb_url!r})
        client.shop.items.find_one()
        from pymongo import pool_shared
        options = next(iter(client._topology._servers.values())).pool.opts
        try:
            pool_shared._create_connection(("127.0.0.1", 1), options)
        except RuntimeError as error:
            print(error)
        """,
        databases=[mongodb_url],
    )
    assert [each.address for each in run.refused] == ["mongodb://127.0.0.1:1/"]
    assert "refused a connection" in runner.output
