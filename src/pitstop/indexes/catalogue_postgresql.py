"""The catalogue of a PostgreSQL database, from `pg_catalog`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.indexes.catalogue import Catalogue, Column, ForeignKey, Index, Key, Table

if TYPE_CHECKING:
    import psycopg

_OWN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NAME = (
    "CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN c.relname::text "
    "ELSE n.nspname::text || '.' || c.relname::text END"
)
_TABLES = f"""
SELECT c.oid::bigint, {_NAME}, greatest(c.reltuples, 0)::float8,
       EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence <> 't' AND {_OWN}
"""
_COLUMNS = """
SELECT a.attrelid::bigint, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN o.collname = 'default' THEN d.datcollate ELSE o.collcollate END,
       CASE WHEN o.collname = 'default' THEN d.datlocprovider ELSE o.collprovider END::text,
       a.attgenerated <> '', s.n_distinct
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_database d ON d.datname = current_database()
LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
LEFT JOIN pg_catalog.pg_stats s
       ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_INDEXES = """
SELECT i.indrelid::bigint, x.relname::text, i.indisunique, i.indisprimary,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x', 'f')),
       m.amname::text, coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''), i.indnkeyatts,
       coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
       p.position, coalesce(a.attname::text, ''), pg_catalog.pg_get_indexdef(i.indexrelid, p.position::int, true),
       coalesce(i.indoption[p.position - 1], 0),
       CASE WHEN o.opcdefault THEN '' ELSE replace(o.opcname::text, 'varchar_', 'text_') END,
       CASE WHEN coalesce(i.indcollation[p.position - 1], 0) IN (0, coalesce(a.attcollation, i.indcollation[p.position - 1]))
            THEN '' ELSE l.collname::text END
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relkind = 'r'
JOIN pg_catalog.pg_am m ON m.oid = x.relam
CROSS JOIN LATERAL generate_series(1, i.indnatts) AS p(position)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p.position - 1] AND a.attnum <> 0
LEFT JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[p.position - 1]
LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[p.position - 1]
WHERE i.indisvalid AND i.indislive
ORDER BY i.indrelid, x.relname, p.position
"""
_FOREIGN_KEYS = f"""
SELECT k.conrelid::bigint, {_NAME},
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(number, position)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.position)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f'
"""
_VOLATILE = """
SELECT p.proname::text FROM pg_catalog.pg_proc p
WHERE p.proname::text = ANY(%s) AND p.provolatile = 'v' AND NOT (p.proname::text = ANY(%s))
"""
_HARMLESS = [
    "random",
    "clock_timestamp",
    "timeofday",
    "gen_random_uuid",
    "uuid_generate_v4",
    "uuidv7",
    "uuidv4",
]
_DESCENDING, _NULLS_FIRST = 1, 2


def read_postgresql(connection: psycopg.Connection[Any]) -> Catalogue:
    """Tables, keys and indexes outside the server's own schemas. Partitioned tables and what is no table are left out."""
    columns: dict[int, dict[str, Column]] = defaultdict(dict)
    for table, name, kind, collation, provider, generated, distinct in connection.execute(_COLUMNS):
        columns[table][name.lower()] = Column(
            name=name,
            type=kind,
            collation=collation or "",
            is_bytewise=collation is None or provider == "b" or collation in {"C", "POSIX"},
            is_generated=generated,
            distinct=distinct,
        )
    parents: dict[int, list[ForeignKey]] = defaultdict(list)
    for table, parent, names in connection.execute(_FOREIGN_KEYS):
        parents[table].append(ForeignKey(columns=tuple(names), parent=parent))
    listed = connection.execute(_TABLES).fetchall()
    indexes = _indexes(connection, {table: name for table, name, *_ in listed})
    tables = {
        name.lower(): Table(
            name=name,
            columns=_counted(columns[table], rows),
            rows=int(rows),
            indexes=tuple(indexes[table]),
            foreign_keys=tuple(parents[table]),
            has_triggers=has_triggers,
        )
        for table, name, rows, has_triggers in listed
    }
    names = connection.execute("SELECT relname::text FROM pg_catalog.pg_class WHERE oid >= 16384").fetchall()
    return Catalogue(system="postgresql", tables=tables, index_names=frozenset(row[0] for row in names))


def _indexes(connection: psycopg.Connection[Any], names: dict[int, str]) -> dict[int, list[Index]]:
    grouped: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_INDEXES):
        if row[0] in names:
            grouped[row[0], row[1]].append(row)
    found: dict[int, list[Index]] = defaultdict(list)
    for (table, name), rows in grouped.items():
        _, _, unique, primary, constrained, method, predicate, key_count, not_distinct, *_ = rows[0]
        keys = [
            Key(
                column=column,
                expression="" if column else definition,
                descending=bool(option & _DESCENDING),
                nulls_first=bool(option & _NULLS_FIRST),
                opclass=opclass or "",
                collation=collation or "",
            )
            for *_, position, column, definition, option, opclass, collation in rows
            if position <= key_count
        ]
        found[table].append(
            Index(
                name=name,
                table=names[table],
                keys=tuple(keys),
                unique=unique,
                primary=primary,
                constrained=constrained,
                method=method,
                predicate=predicate,
                included=tuple(row[10] for row in rows if row[9] > key_count),
                nulls_distinct=not not_distinct,
            )
        )
    return found


def _counted(columns: dict[str, Column], rows: float) -> dict[str, Column]:
    """The columns with their numbers of values; the server writes those that grow with the table as a negative share."""
    return {
        name: column
        if column.distinct is None or column.distinct >= 0
        else msgspec.structs.replace(column, distinct=-column.distinct * rows)
        for name, column in columns.items()
    }


def volatile(connection: psycopg.Connection[Any], names: frozenset[str]) -> list[str]:
    """Those of the functions that may do more than answer: what sleeps, counts up, locks, writes or reaches elsewhere."""
    found = connection.execute(_VOLATILE, [sorted(names), _HARMLESS]).fetchall()
    return sorted({row[0] for row in found})
