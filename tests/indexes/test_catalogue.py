from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

from pitstop.indexes.catalogue import Catalogue, Index, Key, replaces, serves, shown
from pitstop.indexes.catalogue_postgresql import read_postgresql, volatile
from pitstop.indexes.catalogue_sqlite import read_sqlite


def key(text: str) -> Key:
    """`a`, `-a` descending, `(lower(a))` an expression, as PostgreSQL orders NULLs."""
    if text.startswith("("):
        return Key(expression=text[1:-1])
    descending = text.startswith("-")
    return Key(column=text.lstrip("-"), descending=descending, nulls_first=descending)


def index(text: str, name: str = "i", **more: object) -> Index:
    made = Index(name=name, table="t", keys=tuple(key(word) for word in text.split()))
    for field, value in more.items():
        made = Index(**{**{f: getattr(made, f) for f in made.__struct_fields__}, field: value})
    return made


@pytest.mark.parametrize(
    ("there", "wanted", "equal", "does"),
    [
        ("a b c", "a b", 0, True),
        ("a b", "a b c", 0, False),
        ("b a", "a b", 0, False),
        ("b a", "a b", 2, True),
        ("b a c", "a b c", 2, True),
        ("b a c", "a b c", 1, False),
        ("a -b", "a b", 1, True),
        ("a -b", "a b", 0, False),
        ("-a -b", "a b", 0, True),
        ("-a b", "a -b", 0, True),
        ("(lower(email::text))", "(lower(email))", 1, True),
        ('(LOWER("email"))', "(lower(email))", 1, True),
        ("(lower(name))", "(lower(email))", 1, False),
        ("(substr('A',a))", "(substr('a',a))", 1, False),
        ("A", "a", 0, True),
    ],
)
def test_an_index_serves_keys_that_it_begins_with(there: str, wanted: str, equal: int, does: bool) -> None:
    assert serves(index(there), tuple(key(word) for word in wanted.split()), equal=equal) is does


def test_an_index_of_another_kind_serves_nothing_for_certain() -> None:
    assert not serves(index("a", predicate="b"), (key("a"),))
    assert not serves(index("a", method="hash"), (key("a"),))
    assert not serves(index("a"), (Key(column="a", opclass="text_pattern_ops"),))
    assert not serves(index("a"), (Key(column="a", collation="NOCASE"),))


@pytest.mark.parametrize(
    ("one", "other", "does"),
    [
        (index("a b", "x"), index("a"), True),
        (index("a"), index("a b", "x"), False),
        (index("a b", "x", predicate="c"), index("a"), False),
        (index("a b", "x"), index("a", predicate="c"), False),
        (index("a b", "x", predicate="c"), index("a", predicate="c"), True),
        (index("a b", "x", predicate="c = 'A'"), index("a", predicate="c = 'a'"), False),
        (index("a b", "x", unique=True), index("a", unique=True), False),
        (index("a", "x", unique=True), index("a", unique=True), True),
        (index("a", "x", unique=True, nulls_distinct=False), index("a", unique=True), False),
        (index("a", "x"), index("a", unique=True), False),
        (index("a", "x"), index("a", constrained=True), False),
        (index("a b", "x"), index("a", included=("c",)), False),
        (index("a b", "x"), index("a", included=("b",)), True),
        (index("a b", "x", included=("c",)), index("a", included=("c",)), True),
        (index("a b", "x"), index("a", method="gin"), False),
        (index("a b", "x", method="gin"), index("a", method="gin"), False),
        (index("a", "x", method="gin"), index("a", method="gin"), True),
    ],
)
def test_what_one_index_does_for_another(one: Index, other: Index, does: bool) -> None:
    assert replaces(one, other) is does


def keys(catalogue: Catalogue, table: str) -> dict[str, tuple[str, ...]]:
    return {
        each.name: tuple(shown(k, catalogue) for k in each.keys) for each in catalogue.tables[table].indexes
    }


def test_the_catalogue_of_sqlite() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, "Order" INT, c REFERENCES w, UNIQUE (a, c));
            CREATE TABLE w (x INT, y INT, PRIMARY KEY (x, y)) WITHOUT ROWID;
            CREATE TABLE text_key (id TEXT PRIMARY KEY);
            CREATE INDEX one ON t (a COLLATE BINARY, "Order" DESC) WHERE c > 3;
            CREATE UNIQUE INDEX two ON t (lower(a), substr(a, 1, 2) COLLATE NOCASE DESC);
            CREATE INDEX three ON t (a);
            CREATE VIRTUAL TABLE f USING fts5(body);
            CREATE VIEW v AS SELECT * FROM t;
            CREATE TRIGGER g AFTER INSERT ON w BEGIN SELECT 1; END;
            """
        )
        catalogue = read_sqlite(connection)
        assert not connection.in_transaction
    table = catalogue.tables["t"]
    assert keys(catalogue, "t") == {
        "": ("id",),
        "sqlite_autoindex_t_1": ("a", "c"),
        "one": ("a COLLATE BINARY", '"Order" DESC'),
        "two": ("lower(a)", "substr(a, 1, 2) COLLATE NOCASE DESC"),
        "three": ("a",),
    }
    by_name = {each.name: each for each in table.indexes}
    assert by_name["one"].predicate == "c > 3"
    assert (by_name["two"].unique, by_name["two"].constrained) == (True, False)
    assert by_name[""].primary
    assert by_name["sqlite_autoindex_t_1"].constrained
    assert [(fk.columns, fk.parent) for fk in table.foreign_keys] == [(("c",), "w")]
    assert table.row_id == "id"
    assert catalogue.tables["w"].row_id == ""
    assert catalogue.tables["w"].has_triggers
    assert keys(catalogue, "w") == {"sqlite_autoindex_w_1": ("x", "y")}
    assert catalogue.tables["text_key"].row_id == ""
    assert catalogue.table("v") is None
    assert catalogue.table("f") is None
    assert catalogue.table("T", "main") is table
    assert {"one", "two", "three"} <= catalogue.index_names


def test_the_catalogue_of_postgresql(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            """
            CREATE SCHEMA other;
            CREATE TABLE t (id bigserial PRIMARY KEY, a varchar(20), b text COLLATE "C.utf8", c int, UNIQUE (a, c));
            CREATE TABLE other.t2 (id int, t bigint REFERENCES t);
            CREATE TABLE parts (id int) PARTITION BY RANGE (id);
            CREATE INDEX one ON t (c DESC NULLS LAST, lower(a)) INCLUDE (id) WHERE c > 3;
            CREATE INDEX two ON t (a varchar_pattern_ops, b COLLATE "C");
            CREATE INDEX three ON t USING hash (c);
            CREATE INDEX four ON other.t2 (t);
            INSERT INTO t (a, b, c) SELECT 'a' || n, 'b', n % 7 FROM generate_series(1, 3000) n;
            ANALYZE;
            """
        )
        catalogue = read_postgresql(connection)
        assert volatile(connection, frozenset({"lower", "random", "nextval", "pg_sleep", "count"})) == [
            "nextval",
            "pg_sleep",
        ]
    assert set(catalogue.tables) == {"t", "other.t2"}
    table = catalogue.tables["t"]
    assert keys(catalogue, "t") == {
        "t_pkey": ("id",),
        "t_a_c_key": ("a", "c"),
        "one": ("c DESC NULLS LAST", "lower(a::text)"),
        "two": ("a text_pattern_ops", 'b COLLATE "C"'),
        "three": ("c",),
    }
    by_name = {each.name: each for each in table.indexes}
    assert (by_name["one"].predicate, by_name["one"].included) == ("(c > 3)", ("id",))
    assert by_name["three"].method == "hash"
    assert by_name["t_pkey"].primary
    assert by_name["t_a_c_key"].constrained
    assert not by_name["two"].constrained
    assert table.rows == 3000
    distinct = {name: column.distinct for name, column in table.columns.items()}
    assert (distinct["id"], distinct["b"], distinct["c"]) == (3000, 1, 7)
    assert [table.columns[name].is_bytewise for name in ("a", "b", "c")] == [True, False, True]
    second = catalogue.table("T2", "other")
    assert second is not None
    assert [(fk.columns, fk.parent) for fk in second.foreign_keys] == [(("t",), "t")]
    assert catalogue.table("t2") is None
    assert catalogue.table("parts") is None
