from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from pitstop.indexes.asked import Asked
from pitstop.indexes.candidates import MOST_FOR_A_STATEMENT, Candidate, Popularity, ddl, propose
from pitstop.indexes.catalogue import Catalogue, Column, Key, Table, shown
from pitstop.indexes.catalogue_sqlite import read_sqlite
from pitstop.indexes.parsing import Parsed, UnreadableError
from pitstop.indexes.predicates import lookups

TABLES = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, tenant INT, buyer INT, state TEXT, at TEXT, note TEXT, data TEXT);
CREATE TABLE buyers (id INTEGER PRIMARY KEY, tenant INT, email TEXT UNIQUE, name TEXT);
CREATE TABLE small (id INTEGER PRIMARY KEY, word TEXT);
CREATE INDEX there ON orders (tenant, at);
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(TABLES)
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'n', '{}')",
            [(n, n % 5, n % 700, "abc"[n % 3], str(n)) for n in range(2000)],
        )
        connection.executemany(
            "INSERT INTO buyers VALUES (?, ?, ?, ?)", [(n, n % 5, f"m{n}", f"n{n}") for n in range(1500)]
        )
        connection.executemany("INSERT INTO small VALUES (?, 'w')", [(n,) for n in range(50)])
        return read_sqlite(connection)


def proposed(sql: str, catalogue: Catalogue, *values: object) -> list[tuple[str, ...]]:
    found = lookups(Parsed(Asked(sql=sql, parameters=values), catalogue), catalogue)
    return [
        tuple(f"{c.table.name}.{'+'.join(shown(key, catalogue) for key in c.keys)}" for c in proposal)
        for proposal in propose(found, Popularity(found))
    ]


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SELECT * FROM orders WHERE buyer = 5", "orders.buyer"),
        ("SELECT * FROM orders o WHERE 5 = o.buyer", "orders.buyer"),
        ("SELECT * FROM orders WHERE buyer = 5 ORDER BY at DESC LIMIT 3", "orders.buyer+at"),
        ("SELECT * FROM orders WHERE buyer = 5 ORDER BY at DESC, note LIMIT 3", "orders.buyer+at DESC+note"),
        ("SELECT at AS moment FROM orders WHERE buyer = 5 ORDER BY moment LIMIT 3", "orders.buyer+at"),
        ("SELECT at FROM orders WHERE buyer = 5 ORDER BY 1 LIMIT 3", "orders.buyer+at"),
        ("SELECT at FROM orders WHERE buyer = 5 ORDER BY at, id LIMIT 3", "orders.buyer+at"),
        ("SELECT at FROM orders ORDER BY note NULLS LAST LIMIT 3", None),
        ("SELECT max(note) FROM orders WHERE buyer = 3", "orders.buyer+note"),
        ("SELECT * FROM orders WHERE buyer = 3 AND at > '5'", "orders.buyer+at"),
        ("SELECT * FROM orders WHERE note BETWEEN 'a' AND 'b'", "orders.note"),
        ("SELECT * FROM orders WHERE (at, id) < ('5', 3) AND state = 'a'", "orders.state+at"),
        ("SELECT * FROM orders WHERE note = 'a' OR note = 'b'", "orders.note"),
        ("SELECT * FROM orders JOIN buyers b ON b.id = buyer WHERE b.name = 'n5'", "orders.buyer"),
        ("SELECT * FROM buyers b WHERE EXISTS (SELECT 1 FROM orders WHERE buyer = b.id)", "orders.buyer"),
        ("WITH mine AS (SELECT * FROM orders WHERE state = 'a') SELECT * FROM mine WHERE note = 'x'", "orders.state"),
        ("UPDATE orders SET note = 'x' WHERE buyer = 3", "orders.buyer"),
        ("DELETE FROM orders WHERE buyer IN (SELECT id FROM buyers WHERE name = 'n5')", "orders.buyer"),
        ("SELECT 1 FROM orders WHERE note IS NULL", "orders.note"),
        ("SELECT 1 FROM orders WHERE date(at) = '2025-01-01'", "orders.date(at)"),
        # nothing that an index could begin with
        ("SELECT * FROM orders WHERE note <> 'a'", None),
        ("SELECT * FROM orders WHERE note IS NOT NULL", None),
        ("SELECT * FROM orders WHERE note NOT IN ('a')", None),
        ("SELECT * FROM orders WHERE note NOT LIKE 'a%'", None),
        ("SELECT * FROM orders WHERE note = state", None),
        ("SELECT * FROM orders WHERE note LIKE '%a'", None),
        ("SELECT * FROM orders WHERE note LIKE '_a'", None),
        ("SELECT * FROM orders WHERE data ->> 'k' = 'a'", None),
        ("SELECT * FROM orders WHERE json_extract(data, '$.k') = 'a'", None),
        ("SELECT * FROM orders WHERE buyer + 1 = 5", None),
        ("SELECT * FROM orders WHERE note = 'a' OR at || 'x' = 'b'", None),
        ("SELECT * FROM orders WHERE coalesce(note, 'secret') = 'b'", None),
        ("SELECT * FROM orders ORDER BY note", None),
        ("SELECT count(*) FROM orders GROUP BY note ORDER BY note LIMIT 3", None),
        # what is there, and what leads to one row
        ("SELECT * FROM orders WHERE id = 5 AND note = 'a'", None),
        ("SELECT * FROM buyers WHERE email = 'm5' AND name = 'a'", None),
        ("SELECT * FROM orders WHERE tenant = 5", None),
        ("SELECT * FROM orders WHERE tenant = 5 AND at > '3'", None),
        ("SELECT * FROM orders WHERE tenant = 5 ORDER BY at DESC LIMIT 5", None),
        ("SELECT * FROM small WHERE word = 'w'", None),
    ],
)  # fmt: skip
def test_what_is_proposed_first(sql: str, first: str | None, catalogue: Catalogue) -> None:
    found = proposed(sql, catalogue)
    assert (found[0] if found else None) == ((first,) if first else None)


def test_each_part_of_a_disjunction_needs_its_own_and_only_what_is_missing(catalogue: Catalogue) -> None:
    sql = "SELECT * FROM orders WHERE buyer = 5 OR note = 'a'"
    assert proposed(sql, catalogue) == [("orders.buyer", "orders.note")]
    assert proposed("SELECT * FROM orders WHERE tenant = 5 OR note = 'a'", catalogue) == [("orders.note",)]


def test_a_pattern_is_judged_by_its_value(catalogue: Catalogue) -> None:
    sql = "SELECT * FROM orders WHERE note LIKE ?"
    assert proposed(sql, catalogue, "a%") == [("orders.note COLLATE NOCASE",)]
    assert proposed(sql, catalogue, "%a") == []
    assert proposed(sql, catalogue, 5) == []
    assert proposed("SELECT * FROM orders WHERE note LIKE ? || '%'", catalogue, "a") != []
    assert proposed("SELECT * FROM orders WHERE note GLOB ?", catalogue, "a*") == [("orders.note",)]


def test_no_more_than_six_and_none_wider_than_three(catalogue: Catalogue) -> None:
    sql = (
        "SELECT * FROM orders o JOIN buyers b ON b.id = o.buyer AND b.tenant = o.tenant WHERE o.state = 'a' AND o.note = 'b' "
        "AND o.data = 'c' AND o.at > '3' AND b.name = 'n' ORDER BY o.at LIMIT 4"
    )
    found = proposed(sql, catalogue)
    assert len(found) == MOST_FOR_A_STATEMENT
    assert all(name.count("+") <= 2 for proposal in found for name in proposal)
    assert len(set(found)) == len(found)


def test_columns_that_many_statements_share_come_first(catalogue: Catalogue) -> None:
    texts = ["state = 'a' AND note = 'b'", "state = 'a' AND buyer = 4", "state = 'a' AND data = 'x'"]
    parsed = [Parsed(Asked(sql=f"SELECT * FROM orders WHERE {text}"), catalogue) for text in texts]
    found = [lookup for each in parsed for lookup in lookups(each, catalogue)]
    popularity = Popularity(found)
    assert all(propose([lookup], popularity)[0][0].keys[0].column == "state" for lookup in found)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM nowhere", "no plain table"),
        ("SELECT * FROM pragma_table_info('orders')", "no plain table"),
        ("INSERT INTO orders SELECT * FROM orders", "neither"),
        ("VACUUM", "neither|parsed"),
        ("CREATE TABLE x AS SELECT 1", "neither"),
        ("SELECT 1; SELECT 2", "not one statement"),
        ("SELECT FROM WHERE", "cannot be parsed"),
        ("SELECT * FROM orders WHERE id = ?", "do not fit"),
    ],
)
def test_what_is_left_alone(sql: str, why: str, catalogue: Catalogue) -> None:
    with pytest.raises(UnreadableError, match=why):
        Parsed(Asked(sql=sql), catalogue)


def test_a_name_of_its_own() -> None:
    columns = {name.lower(): Column(name=name) for name in ("Group", "b" * 60)}
    table = Table(name="other.Line Items", columns=columns, rows=5)
    catalogue = Catalogue(
        system="postgresql", tables={"ix_x_a": table}, index_names=frozenset({"ix_line items_group"})
    )
    made = Candidate(table=table, keys=(Key(column="Group"), Key(expression="lower(note)", descending=True)))
    name, statement = ddl(made, catalogue)
    assert statement == f'CREATE INDEX "{name}" ON other."Line Items" ("Group", lower(note) DESC NULLS LAST)'
    assert ddl(made, catalogue, [name])[0] == f"{name}_2"
    long = Candidate(table=table, keys=(Key(column="b" * 60), Key(column="Group")))
    assert len(ddl(long, catalogue)[0]) <= 63
