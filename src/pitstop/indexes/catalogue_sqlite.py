"""The catalogue of an SQLite database, from its PRAGMAs and `sqlite_schema`."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import msgspec

from pitstop.indexes.catalogue import WORTH_AN_INDEX, Catalogue, Column, ForeignKey, Index, Key, Table, quoted

_SAMPLE = 5000
_EXPRESSION = -2
_ROW_ID = -1
_BINARY = "BINARY"


def read_sqlite(connection: sqlite3.Connection) -> Catalogue:
    """Tables, keys and indexes of the main database. Rows are counted, for SQLite itself may not know them."""
    master = [
        (str(kind), str(name), str(table), sql or "")
        for kind, name, table, sql in connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NULL OR sql NOT LIKE 'CREATE VIRTUAL%'"
        )
    ]
    triggered = {table.lower() for kind, _, table, _ in master if kind == "trigger"}
    definitions = {name: sql for kind, name, _, sql in master if kind == "index"}
    tables = {
        name.lower(): _table(connection, name, sql, definitions, name.lower() in triggered)
        for kind, name, _, sql in master
        if kind == "table" and not name.startswith("sqlite_")
    }
    return Catalogue(
        system="sqlite", tables=tables, index_names=frozenset(name.lower() for name in definitions)
    )


def _table(
    connection: sqlite3.Connection, name: str, sql: str, definitions: dict[str, str], triggered: bool
) -> Table:
    own = quoted(name)
    declared = connection.execute(f"PRAGMA table_xinfo({own})").fetchall()
    own_collations = _collations(connection, name, sql, [str(row[1]) for row in declared])
    columns = {
        str(column).lower(): Column(
            name=str(column),
            type=str(kind or ""),
            collation=own_collations.get(str(column), _BINARY),
            is_generated=hidden != 0,
        )
        for _, column, kind, _, _, _, hidden in declared
    }
    primary = [str(row[1]) for row in sorted(declared, key=lambda row: row[5]) if row[5]]
    row_id = _row_id(declared, sql)
    indexes = [
        _index(connection, name, row, definitions, own_collations)
        for row in connection.execute(f"PRAGMA index_list({own})").fetchall()
    ]
    if row_id:
        key = Key(column=row_id, nulls_first=True)
        indexes.append(Index(name="", table=name, keys=(key,), unique=True, primary=True, constrained=True))
    elif primary and not any(index.primary for index in indexes):
        keys = tuple(Key(column=column, nulls_first=True) for column in primary)
        indexes.append(Index(name="", table=name, keys=keys, unique=True, primary=True, constrained=True))
    rows = int(connection.execute(f"SELECT count(*) FROM {own}").fetchone()[0])
    return Table(
        name=name,
        columns=_with_distinct(connection, name, columns, rows),
        rows=rows,
        indexes=tuple(indexes),
        foreign_keys=_foreign_keys(connection, name),
        row_id=row_id,
        has_triggers=triggered,
    )


def _row_id(declared: list[Any], sql: str) -> str:
    keys = [row for row in declared if row[5]]
    is_alias = len(keys) == 1 and str(keys[0][2]).upper() == "INTEGER" and not _WITHOUT_ROW_ID.search(sql)
    return str(keys[0][1]) if is_alias else ""


_WITHOUT_ROW_ID = re.compile(r"\)[^)]*\bWITHOUT\s+ROWID\b[^)]*\Z", re.IGNORECASE)


def _collations(connection: sqlite3.Connection, table: str, sql: str, columns: list[str]) -> dict[str, str]:
    """The collation of each column, which no PRAGMA tells: that of an index on it, made for a moment and never filled."""
    if "collate" not in sql.lower():
        return {}
    connection.execute("BEGIN")
    try:
        keys = ", ".join(map(quoted, columns))
        connection.execute(f"CREATE INDEX pitstop_collations ON {quoted(table)} ({keys}) WHERE 0")
        rows = connection.execute("PRAGMA index_xinfo(pitstop_collations)").fetchall()
    finally:
        connection.execute("ROLLBACK")
    return {str(column): str(collation).upper() for _, _, column, _, collation, is_key in rows if is_key}


def _index(
    connection: sqlite3.Connection,
    table: str,
    row: Any,
    definitions: dict[str, str],
    own_collations: dict[str, str],
) -> Index:
    _, name, unique, origin, partial = row
    sql = definitions.get(name, "")
    texts = _parts(sql)
    keys: list[Key] = []
    for number, place, column, descending, collation, is_key in connection.execute(
        f"PRAGMA index_xinfo({quoted(name)})"
    ):
        if not is_key:
            continue
        expression = ""
        if place == _EXPRESSION:
            expression = texts[number] if number < len(texts) else "?"
        elif place == _ROW_ID:
            column = "rowid"
        keys.append(
            Key(
                column=column or "",
                expression=expression,
                descending=bool(descending),
                nulls_first=not descending,
                collation=""
                if own_collations.get(column, _BINARY) == collation.upper()
                else collation.upper(),
            )
        )
    where = re.search(r"\)\s*WHERE\b(.*)\Z", sql, re.IGNORECASE | re.DOTALL)
    return Index(
        name=name,
        table=table,
        keys=tuple(keys),
        unique=bool(unique),
        primary=origin == "pk",
        constrained=origin in {"pk", "u"},
        predicate=where.group(1).strip() if where and partial else "",
    )


def _parts(sql: str) -> list[str]:
    """What stands between the commas of `CREATE INDEX ... ON t (...)`, without directions and collations."""
    start = re.search(r"\bON\b[^(]*\(", sql, re.IGNORECASE)
    if start is None:
        return []
    parts, depth = [""], 0
    for token in re.findall(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|.", sql[start.end() :], re.DOTALL):
        if token == ")" and depth == 0:
            break
        if token == "," and depth == 0:
            parts.append("")
            continue
        depth += {"(": 1, ")": -1}.get(token, 0)
        parts[-1] += token
    return [
        re.sub(r"(?:\s+COLLATE\s+\w+)?(?:\s+(?:ASC|DESC))?\s*\Z", "", part, flags=re.IGNORECASE).strip()
        for part in parts
    ]


def _foreign_keys(connection: sqlite3.Connection, table: str) -> tuple[ForeignKey, ...]:
    found: dict[int, tuple[str, list[str]]] = {}
    for number, _, parent, column, *_ in connection.execute(f"PRAGMA foreign_key_list({quoted(table)})"):
        found.setdefault(number, (parent, []))[1].append(column)
    return tuple(ForeignKey(columns=tuple(columns), parent=parent) for parent, columns in found.values())


def _with_distinct(
    connection: sqlite3.Connection, table: str, columns: dict[str, Column], rows: int
) -> dict[str, Column]:
    """The columns, each with how many values it has among the first rows; for small tables nobody asks."""
    if rows < WORTH_AN_INDEX:
        return columns
    counted = ", ".join(f"count(DISTINCT {quoted(column.name)})" for column in columns.values())
    taken = ", ".join(quoted(column.name) for column in columns.values())
    found = connection.execute(
        f"SELECT {counted} FROM (SELECT {taken} FROM {quoted(table)} LIMIT {_SAMPLE})"
    ).fetchone()
    return {
        name: msgspec.structs.replace(column, distinct=float(count))
        for (name, column), count in zip(columns.items(), found, strict=True)
    }
