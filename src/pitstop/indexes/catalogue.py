"""What a database says of its tables: columns, keys, indexes and how many values there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pitstop.values import Value

System = Literal["postgresql", "sqlite"]

WORTH_AN_INDEX = 1000
"""Rows from which on an index can matter: a smaller table is read whole in less time than anybody notices."""

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_WORDS = (
    "add all alter analyse analyze and any array as asc asymmetric authorization begin between binary both by case cast check "
    "collate collation column commit concurrently constraint create cross current_catalog current_date current_role "
    "current_schema current_time current_timestamp current_user default deferrable delete desc distinct do drop else end "
    "escape except exists false fetch for foreign freeze from full grant group having ilike in index initially inner insert "
    "intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset "
    "on only or order outer overlaps placing primary references replace returning right rollback select session_user set "
    "similar some symmetric system_user table tablesample then to trailing transaction true union unique update user using "
    "values variadic verbose when where window with"
)
_RESERVED = frozenset(_WORDS.split())


class Key(Value, frozen=True, kw_only=True):
    """What one position of an index holds: a column, or an `expression` where `column` is empty.

    `opclass` and `collation` are empty where they are the column's own. `nulls_first` is where NULLs really are.
    """

    column: str = ""
    expression: str = ""
    descending: bool = False
    nulls_first: bool = False
    opclass: str = ""
    collation: str = ""

    @property
    def what(self) -> tuple[str, str, str, str]:
        """The key without its direction: two that agree in it can find the same rows."""
        return self.column.lower(), _folded(self.expression), self.opclass.lower(), self.collation.lower()

    def reversed(self) -> Key:
        """The key as a scan from the end meets it."""
        return Key(
            column=self.column,
            expression=self.expression,
            descending=not self.descending,
            nulls_first=not self.nulls_first,
            opclass=self.opclass,
            collation=self.collation,
        )


class Index(Value, frozen=True, kw_only=True):
    """An index that is there, or the one that a primary key or unique constraint is.

    `name` is empty for SQLite's INTEGER PRIMARY KEY, which is the table itself. `constrained` says that the index cannot go
    by itself; `predicate` is that of a partial index.
    """

    name: str
    table: str
    keys: tuple[Key, ...]
    unique: bool = False
    primary: bool = False
    constrained: bool = False
    method: str = "btree"
    predicate: str = ""
    included: tuple[str, ...] = ()
    nulls_distinct: bool = True


class ForeignKey(Value, frozen=True, kw_only=True):
    """Columns of a table that name a row of another one."""

    columns: tuple[str, ...]
    parent: str


class Column(Value, frozen=True, kw_only=True):
    """A column. `distinct` is how many values it has, as far as that is known.

    `collation` is its own, `is_bytewise` says that this orders texts by their bytes.
    """

    name: str
    type: str = ""
    collation: str = ""
    is_bytewise: bool = True
    is_generated: bool = False
    distinct: float | None = None


class Table(Value, frozen=True, kw_only=True):
    """A plain table. `name` has its schema only where that is needed to find it; `rows` is what the database believes."""

    name: str
    columns: Mapping[str, Column]
    rows: int
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    row_id: str = ""
    """SQLite: the column that is the row's number."""
    has_triggers: bool = False

    def column(self, name: str) -> Column | None:
        """The column of that name, whatever its case."""
        return self.columns.get(name.lower())

    def is_row(self, columns: frozenset[str]) -> bool:
        """Whether one value of each of `columns`, in lower case, leaves one row at most."""
        return any(
            index.unique
            and not index.predicate
            and {key.column.lower() or " " for key in index.keys} <= columns
            for index in self.indexes
        )


class Catalogue(Value, frozen=True, kw_only=True):
    """All plain tables of a database, by their names in lower case; those off the search path with their schema."""

    system: System
    tables: Mapping[str, Table]
    index_names: frozenset[str] = frozenset()

    def table(self, name: str, schema: str = "") -> Table | None:
        """The table of that name, or None: a view, a function, a table of the database's own."""
        if schema.lower() in {"", "main", "public"}:
            found = self.tables.get(name.lower())
            if found is not None or not schema:
                return found
        return self.tables.get(f"{schema}.{name}".lower())

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def nulls_first(self, descending: bool) -> bool:
        """Where NULLs are unless a statement says so: the smallest in SQLite, the largest in PostgreSQL."""
        return descending if self.system == "postgresql" else not descending


def serves(index: Index, keys: tuple[Key, ...], *, equal: int = 0) -> bool:
    """Whether `index` begins with `keys`, of which the first `equal` may stand in any order and direction.

    A scan may also run from the index's end, so all directions may be turned at once. Partial indexes and other methods than
    B-trees serve nothing for certain.
    """
    if index.method != "btree" or index.predicate or len(index.keys) < len(keys):
        return False
    there = index.keys[: len(keys)]
    if sorted(key.what for key in there[:equal]) != sorted(key.what for key in keys[:equal]):
        return False
    rest, wanted = there[equal:], keys[equal:]
    if tuple(key.what for key in rest) != tuple(key.what for key in wanted):
        return False
    return _directions(rest) in (_directions(wanted), _directions(tuple(key.reversed() for key in wanted)))


def replaces(index: Index, other: Index) -> bool:
    """Whether all that `other` is good for, `index` does as well: the same rows, begun with the same keys.

    A unique index is replaced only by one that refuses the same rows; one of a constraint or a primary key never.
    """
    if index == other or other.constrained or other.primary or index.table != other.table:
        return False
    same = len(index.keys) == len(other.keys)
    if other.unique and not (same and index.unique and index.nulls_distinct == other.nulls_distinct):
        return False
    if index.method != other.method or _folded(index.predicate) != _folded(other.predicate):
        return False
    if index.method != "btree":
        return index.keys == other.keys and set(other.included) <= set(index.included)
    held = {key.column for key in index.keys} | set(index.included)
    plain = Index(name="", table=index.table, keys=index.keys)
    return serves(plain, other.keys) and set(other.included) <= held


def quoted(name: str) -> str:
    """A name as SQL takes it, quoted only where it must be."""
    if _PLAIN_NAME.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str) -> str:
    """The name of a table, of which a schema may be part, as SQL takes it."""
    schema, dot, table = name.rpartition(".")
    return f"{quoted(schema)}.{quoted(table)}" if dot else quoted(name)


def shown(key: Key, catalogue: Catalogue) -> str:
    """A key as `CREATE INDEX` takes it."""
    text = quoted(key.column) if key.column else f"({key.expression})"
    if key.expression and re.fullmatch(r"\w+\(.*\)", key.expression):
        text = key.expression
    if key.collation:
        text += f" COLLATE {key.collation if catalogue.system == 'sqlite' else quoted(key.collation)}"
    text += f" {key.opclass}" if key.opclass else ""
    text += " DESC" if key.descending else ""
    if key.nulls_first != catalogue.nulls_first(key.descending):
        text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return text


def _directions(keys: tuple[Key, ...]) -> tuple[tuple[bool, bool], ...]:
    return tuple((key.descending, key.nulls_first) for key in keys)


def _folded(text: str) -> str:
    """An expression as it can be compared: databases write it back with their own case, spaces, parentheses and casts."""
    parts = re.split(r"('(?:[^']|'')*')", text)
    parts[::2] = [
        re.sub(r'[\s()"]', "", re.sub(r"::(?:text|character varying|varchar)\b", "", part)).lower()
        for part in parts[::2]
    ]
    return "".join(parts)
