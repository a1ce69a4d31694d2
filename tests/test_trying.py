"""Indexes for what a run has asked, tried on the database it left."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import psycopg

from pitstop.traces.records import Exchange, Run, Sample, Statement
from pitstop.trying import advice, asked_of

SQL = "SELECT id FROM items WHERE owner = ?"


def run(file: Path | str, *values: object, times: int = 3, style: str = "qmark") -> Run:
    statement = Statement(sql=SQL, operation="SELECT")
    exchanges = tuple(
        Exchange(key=f"t#{n}", method="GET", path="/items", route=f"/items/{n % 2}", statements=(statement,))
        for n in range(times)
    )
    samples = tuple(
        Sample(
            sql=SQL,
            database="sqlite",
            paramstyle=style,
            file=str(file),
            values=msgspec.Raw(msgspec.json.encode([value])),
        )
        for value in values
    )
    return Run(exchanges=exchanges, samples=samples)


def database(folder: Path) -> Path:
    file = folder / "own.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, note TEXT)")
        rows = ((n, n % 5000, "x" * 50) for n in range(20_000))
        connection.executemany("INSERT INTO items VALUES (?, ?, ?)", rows)
    connection.close()
    return file


def test_a_column_that_is_looked_up_gets_an_index(tmp_path: Path) -> None:
    file = database(tmp_path)
    before = file.read_bytes()
    found = advice(run(file, 7, 4999), None, folder=tmp_path, on_progress=lambda _: None)
    assert found is not None
    (index,) = found.suggested
    assert (index.table, index.columns) == ("items", ("owner",))
    (trial,) = index.statements
    assert trial.count == 3
    assert set(trial.routes) == {"GET /items/0", "GET /items/1"}
    assert trial.before_work > 10 * trial.after_work
    assert file.read_bytes() == before


def test_a_database_of_a_server_of_the_run_s_own_is_copied_first(tmp_path: Path, postgres_url: str) -> None:
    """It has the name that the service gives it."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE items (id serial PRIMARY KEY, owner int NOT NULL, note text)")
        connection.execute(
            "INSERT INTO items (owner, note) SELECT n % 5000, repeat('x', 50) FROM generate_series(1, 40000) n"
        )
        before = connection.execute("SELECT count(*) FROM pg_database").fetchone()
    asked = run("", 7, style="pyformat")
    statement = msgspec.structs.replace(asked.exchanges[0].statements[0], sql=SQL.replace("?", "%(owner)s"))
    asked = msgspec.structs.replace(
        asked,
        exchanges=tuple(msgspec.structs.replace(each, statements=(statement,)) for each in asked.exchanges),
        samples=tuple(
            msgspec.structs.replace(
                each,
                sql=statement.sql,
                database="postgresql",
                values=msgspec.Raw(b'{"as": "mapping", "of": {"owner": 7}}'),
            )
            for each in asked.samples
        ),
    )
    found = advice(asked, postgres_url, folder=tmp_path, on_progress=lambda _: None)
    assert found is not None
    assert [index.columns for index in found.suggested] == [("owner",)], found
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM pg_database").fetchone() == before


def test_the_latest_execution_is_the_typical_one() -> None:
    (asked,) = asked_of(run("x.db", 1, 2, 3), run("x.db", 1, 2, 3).samples)
    assert (asked.parameters, asked.samples, asked.count) == ((3,), ((1,), (2,)), 3)


def test_what_cannot_be_tried_is_left() -> None:
    nowhere = run("gone.db", 1)
    assert advice(nowhere, None, folder=Path(), on_progress=lambda _: None) is None
    assert advice(run("", 1), None, folder=Path(), on_progress=lambda _: None) is None
    assert advice(Run(), None, folder=Path(), on_progress=lambda _: None) is None
    unknown = run("x.db", 1, style="smoke signals")
    assert asked_of(unknown, unknown.samples) == []
    unsent = run("x.db", 1, times=0)
    assert asked_of(unsent, unsent.samples) == []
