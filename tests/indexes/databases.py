"""Databases for the tests of indexes: filled, copied as pitstop copies them, and looked at without pitstop."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from pitstop.indexes.asked import Asked
from pitstop.target.database import DatabaseCopy, clone_postgresql, drop_postgresql
from pitstop.trials import Advice
from tests.servers import PostgreSQL

from .schema import Ask, Schema


@contextmanager
def sqlite_copy(folder: Path, script: str, rows: dict[str, Sequence[tuple[Any, ...]]]) -> Iterator[str]:
    """The URL of pitstop's copy of a new file; the file is `folder`/original.db."""
    file = folder / "original.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
        for table, each in rows.items():
            marks = ", ".join("?" * len(each[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", each)
        connection.commit()
    with DatabaseCopy(f"sqlite:///{file}") as copy:
        yield copy.url


@contextmanager
def postgresql_copy(url: str, script: str, rows: dict[str, Sequence[tuple[Any, ...]]]) -> Iterator[str]:
    """The URL of pitstop's copy of the database at `url`, which is filled first."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script.encode())
        for table, each in rows.items():
            with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in each:
                    copy.write_row(row)
    clone = clone_postgresql(url)
    try:
        yield clone
    finally:
        drop_postgresql(clone)


def rows_of(schema: Schema) -> dict[str, Sequence[tuple[Any, ...]]]:
    """The rows of a schema, the same each time."""
    return dict(schema.rows(random.Random(7)))


def as_sqlite(asked: Sequence[Ask]) -> list[Asked]:
    """What a service with sqlite3 sends."""
    return [Asked(sql=ask.sql, parameters=ask.values, count=ask.times, routes=("GET /x",)) for ask in asked]


def as_asyncpg(asked: Sequence[Ask]) -> list[Asked]:
    """What a service with asyncpg sends."""
    return [
        Asked(sql=numbered(ask.sql), parameters=ask.values, paramstyle="numeric_dollar", count=ask.times)
        for ask in asked
    ]


def numbered(sql: str) -> str:
    """A statement with `$1`, `$2` for its question marks."""
    numbers = count(1)
    return "".join(f"${next(numbers)}" if sign == "?" else sign for sign in sql)


def sqlite_indexes(file: Path) -> set[tuple[str, tuple[str, ...]]]:
    """All beginnings of all keys that there are: each with its table."""
    found = set()
    with closing(sqlite3.connect(file)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            keys = [tuple(row[2] for row in connection.execute(f"PRAGMA index_info({name})"))
                    for _, name, *_ in connection.execute(f"PRAGMA index_list({table})").fetchall()]  # fmt: skip
            keys.append(tuple(row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]))
            found |= {(table, key[:end]) for key in keys for end in range(1, len(key) + 1)}
    return found


def postgresql_indexes(url: str) -> set[tuple[str, tuple[str, ...]]]:
    """As `sqlite_indexes`."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT indrelid::regclass::text, ARRAY(SELECT pg_get_indexdef(indexrelid, k, true) "
            "FROM generate_series(1, indnatts) k) FROM pg_index WHERE indrelid >= 16384"
        ).fetchall()
    return {(table, tuple(key[:end])) for table, key in rows for end in range(1, len(key) + 1)}


def steps(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> int:
    """Instructions of SQLite for a statement, which is rolled back."""
    counted = 0

    def tick() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection.execute("BEGIN")
    connection.set_progress_handler(tick, 20)
    connection.execute(sql, values).fetchall()
    connection.set_progress_handler(None, 0)
    connection.execute("ROLLBACK")
    return max(counted, 1)


def estimated(connection: psycopg.Connection[Any], sql: str, values: tuple[Any, ...]) -> int:
    """Rows that a statement's scans read, by `EXPLAIN ANALYZE`; it is rolled back."""
    connection.execute("BEGIN")
    row = psycopg.RawCursor(connection).execute(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", [None if v is None else str(v) for v in values]
    ).fetchone()  # fmt: skip
    connection.execute("ROLLBACK")
    assert row is not None

    def read(node: dict[str, Any]) -> float:
        own = (
            node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
            if "Relation Name" in node
            else 0
        )
        return float(own * node["Actual Loops"] + sum(map(read, node.get("Plans", ()))))

    return max(round(read(row[0][0]["Plan"])), 1)


def databases_of_pitstop(server: PostgreSQL) -> set[str]:
    """The names of copies that are on a server."""
    with psycopg.connect(server.url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'pitstop%'").fetchall()
    return {row[0] for row in rows}


ITEMS = """
CREATE TABLE items (id INTEGER PRIMARY KEY, owner INTEGER, code TEXT, name TEXT);
"""


def items(count: int = 20_000) -> list[tuple[int, int, str, str]]:
    """Rows for `ITEMS`."""
    return [(n, n % 900, f"code{n % 5000}", f"Name{n % 3000}") for n in range(count)]


def columns(advice: Advice) -> list[tuple[str, ...]]:
    """The columns of each suggestion."""
    return [each.columns for each in advice.suggested]
