"""What tells rows of a copy apart: the values of their keys, for requests that are to find them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from pitstop.errors import TargetError
from pitstop.target.database import client, connect
from pitstop.target.urls import DatabaseURL

Value = int | str

ROWS = 16
"""Of how many rows of a table the keys are read: requests are few, and two are not to delete the same one."""
_LONGEST = 200

_POSTGRESQL = """
    SELECT n.nspname, c.relname, a.attname, k.place
    FROM (
        SELECT indrelid AS owner, part.number, part.step, CASE WHEN indisprimary THEN 0 ELSE 1 END AS place
        FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part (number, step)
        WHERE step <= indnkeyatts AND (indisprimary OR indisunique AND indnkeyatts = 1 AND indpred IS NULL)
        UNION ALL
        SELECT conrelid, unnest(conkey), 1, 2 FROM pg_constraint WHERE contype = 'f'
    ) k
    JOIN pg_class c ON c.oid = k.owner
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ORDER BY n.nspname, c.relname, k.place, k.step, a.attnum
"""
"""The columns of primary keys (0), unique ones (1) and foreign keys (2) of the user's tables."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """One table with some of its rows, in the order of its primary key: the columns of its keys only.

    `own` are those that tell a row of it: of its primary key, and unique by themselves. The others refer to other tables.
    """

    table: str
    own: tuple[str, ...]
    rows: tuple[dict[str, Value], ...]


def read_keys(url: str, folder: Path) -> tuple[Keys, ...]:
    """The keys of the tables of a copy that have rows. `folder` is where a relative file is seen from.

    A database that cannot be looked into has none: requests are made without them then.
    """
    parsed = DatabaseURL.parse(url)
    try:
        if parsed.system == "sqlite":
            file = parsed.file(folder)
            if parsed.in_memory or not file.is_file():
                return ()
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                return tuple(_sqlite(connection))
        with closing(connect(parsed, parsed.name)) as server:
            try:
                return tuple(_postgresql(server))
            except client().Error:
                return ()
    except (sqlite3.Error, TargetError):
        return ()


def _sqlite(connection: sqlite3.Connection) -> Iterator[Keys]:
    def ask(statement: str) -> list[Any]:
        return connection.execute(statement).fetchall()

    for (table,) in ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
        name = _quoted(table)
        columns = sorted(ask(f"PRAGMA table_info({name})"), key=lambda column: int(column[5]))
        primary = [column[1] for column in columns if column[5]]
        unique = [row[1] for row in ask(f"PRAGMA index_list({name})") if row[2] and not row[4]]
        parts = [ask(f"PRAGMA index_info({_quoted(index)})") for index in unique]
        single = [part[0][2] for part in parts if len(part) == 1 and part[0][2] is not None]
        others = [row[3] for row in ask(f"PRAGMA foreign_key_list({name})")]
        yield from _read(table, name, primary, single, others, ask)


def _postgresql(server: Any) -> Iterator[Keys]:
    def ask(statement: str) -> list[Any]:
        found: list[Any] = server.execute(statement.encode()).fetchall()
        return found

    tables: dict[tuple[str, str], tuple[list[str], list[str], list[str]]] = {}
    for schema, table, column, place in ask(_POSTGRESQL):
        tables.setdefault((schema, table), ([], [], []))[place].append(column)
    for (schema, table), kinds in tables.items():
        yield from _read(table, f"{_quoted(schema)}.{_quoted(table)}", *kinds, ask)


def _read(
    table: str,
    name: str,
    primary: Sequence[str],
    single: Sequence[str],
    others: Sequence[str],
    ask: Callable[[str], list[Any]],
) -> Iterator[Keys]:
    columns = list(dict.fromkeys([*primary, *single, *others]))
    if not columns:
        return
    order = f" ORDER BY {', '.join(map(_quoted, primary))}" if primary else ""
    found = ask(f"SELECT {', '.join(map(_quoted, columns))} FROM {name}{order} LIMIT {ROWS}")
    rows = [
        {
            column: value
            for column, raw in zip(columns, row, strict=True)
            if (value := _value(raw)) is not None
        }
        for row in found
    ]
    if rows:
        yield Keys(table=table, own=tuple(dict.fromkeys([*primary, *single])), rows=tuple(rows))


def _value(raw: object) -> Value | None:
    """The value as a path can hold it."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    text = str(raw) if isinstance(raw, str | UUID) else ""
    return text if 0 < len(text) <= _LONGEST and "/" not in text and text.isprintable() else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
