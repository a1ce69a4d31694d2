"""The state of a database as one hash a table, independent of the order of its rows."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pitstop.errors import TargetError

if TYPE_CHECKING:
    import psycopg

Digest = tuple[int, str]
"""Number of rows, and the sum of their hashes in hexadecimal: equal rows count as often as they are there."""

_MODULUS = 1 << 128


def digest_sqlite(path: Path) -> dict[str, Digest]:
    """The state of each table of an SQLite file, the hidden ones of full-text search included."""
    if not path.is_file():
        raise TargetError(f"there is no database {path}", "The run should have left one there.")
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        # text and blob of the same bytes must differ, and text that is not UTF-8 must not stop us
        connection.text_factory = lambda raw: ("text", raw)
        tables = [
            row[0][1].decode("utf-8", "surrogateescape")
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
            )
        ]
        return {table: _rows(connection, table) for table in tables}
    except sqlite3.Error as error:
        raise TargetError(f"{path} cannot be read as an SQLite database: {error}", "") from error
    finally:
        if connection is not None:
            connection.close()


def _rows(connection: sqlite3.Connection, table: str) -> Digest:
    quoted = '"' + table.replace('"', '""') + '"'
    count = total = 0
    for row in connection.execute(f"SELECT * FROM {quoted}"):
        count += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest(), "big")
    return count, f"{total % _MODULUS:032x}"


def digest_postgresql(connection: psycopg.Connection[Any]) -> dict[str, Digest]:
    """The state of each table; those of the schema `public` by their bare name. The server does the hashing."""
    from psycopg import sql

    # values must read the same whatever the server, database or role is set to
    for setting in (
        "TimeZone = 'UTC'",
        "DateStyle = 'ISO, YMD'",
        "IntervalStyle = 'postgres'",
        "bytea_output = 'hex'",
        "extra_float_digits = 1",
        "row_security = off",
    ):
        connection.execute(sql.SQL("SET {}").format(sql.SQL(setting)))
    tables = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
        "AND n.nspname <> 'information_schema' ORDER BY 1, 2"
    ).fetchall()
    found: dict[str, Digest] = {}
    for schema, name in tables:
        query = sql.SQL(
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 1)::numeric), 0), "
            "coalesce(sum(hashtextextended(t::text, 2)::numeric), 0) FROM ONLY {} AS t"
        ).format(sql.Identifier(schema, name))
        row = connection.execute(query).fetchone()
        if row is not None:
            count, first, second = row
            found[name if schema == "public" else f"{schema}.{name}"] = (
                int(count),
                f"{int(first) % (1 << 64):016x}{int(second) % (1 << 64):016x}",
            )
    return found
