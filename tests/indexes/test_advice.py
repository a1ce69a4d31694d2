from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest

from pitstop.indexes.advice import advise
from pitstop.indexes.asked import Asked
from pitstop.target.database import digest
from pitstop.traces.fingerprint import fingerprint
from pitstop.trials import Advice
from tests.servers import PostgreSQL

from . import databases
from .databases import ITEMS, columns, items
from .schema import Schema
from .schemas import SCHEMAS

by_name = pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
on_postgresql = pytest.mark.parametrize(
    "schema", [schema for schema in SCHEMAS if schema.on_postgresql], ids=lambda schema: schema.name
)


def missing(schema: Schema, advice: Advice) -> list[str]:
    """The tables for which no index that is wanted was suggested."""
    suggested = {(each.table, each.columns) for each in advice.suggested}
    return [
        table
        for table, good in schema.wanted
        if not good
        & {columns[:length] for name, columns in suggested for length in (1, 2, 3) if name == table}
    ]


def advised(schema: Schema, ask: Callable[[], Advice]) -> Advice:
    """The advice, asked for twice at most: an index has to halve the time too, and others may use the machine meanwhile."""
    advice = ask()
    return ask() if missing(schema, advice) else advice


def check(schema: Schema, advice: Advice, there: set[tuple[str, tuple[str, ...]]], dialect: str) -> None:
    """What holds of any advice for a schema."""
    suggested = {(each.table, each.columns) for each in advice.suggested}
    assert not missing(schema, advice), suggested
    assert not suggested & there
    for each in advice.suggested:
        assert each.statements
        assert each.size_bytes > 0
        assert each.build_ms > 0
        for trial in each.statements:
            assert trial.before_work >= 2 * trial.after_work
            assert trial.before_ms >= 2 * trial.after_ms
    helped = {trial.statement for each in advice.suggested for trial in each.statements}
    silent = {fingerprint(ask.sql, dialect) for ask in schema.asked if ask.silent}
    assert not helped & silent
    assert [each.saved_ms for each in advice.suggested] == sorted(
        (each.saved_ms for each in advice.suggested), reverse=True
    )


def test_there_are_ten_schemas_five_of_them_on_postgresql() -> None:
    assert len({schema.name for schema in SCHEMAS}) == 10
    assert len([schema for schema in SCHEMAS if schema.on_postgresql]) >= 5


@by_name
def test_a_schema_in_sqlite(schema: Schema, tmp_path: Path) -> None:
    with databases.sqlite_copy(tmp_path, schema.ddl, databases.rows_of(schema)) as url:
        before = digest(url)
        advice = advised(schema, lambda: advise(url, databases.as_sqlite(schema.asked), folder=tmp_path))
        assert digest(url) == before
    original = tmp_path / "original.db"
    check(schema, advice, databases.sqlite_indexes(original), "sqlite")
    # and now without pitstop
    shapes = {fingerprint(ask.sql, "sqlite"): ask for ask in schema.asked}
    helped = {trial.statement for each in advice.suggested for trial in each.statements}
    with closing(sqlite3.connect(original, isolation_level=None)) as connection:
        bare = {shape: databases.steps(connection, ask.sql, ask.values) for shape, ask in shapes.items()}
        for each in advice.suggested:
            connection.execute(each.ddl)
        for shape in helped:
            ask = shapes[shape]
            assert bare[shape] >= 2 * databases.steps(connection, ask.sql, ask.values), shape


@on_postgresql
def test_a_schema_in_postgresql(
    schema: Schema, postgres_url: str, postgres_server: PostgreSQL, tmp_path: Path
) -> None:
    with databases.postgresql_copy(postgres_url, schema.ddl, databases.rows_of(schema)) as url:
        before = digest(url)
        asked = databases.as_asyncpg(schema.asked)
        advice = advised(schema, lambda: advise(url, asked, folder=tmp_path))
        assert digest(url) == before
    assert databases.databases_of_pitstop(postgres_server) == set()
    check(schema, advice, databases.postgresql_indexes(postgres_url), "postgres")
    shapes = {fingerprint(each.sql, "postgres"): each for each in asked}
    helped = {trial.statement for each in advice.suggested for trial in each.statements}
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        bare = {
            s: databases.estimated(connection, shapes[s].sql, tuple(shapes[s].parameters)) for s in helped
        }
        for each in advice.suggested:
            connection.execute(each.ddl.encode())
        for shape in helped:
            one = shapes[shape]
            assert bare[shape] >= 2 * databases.estimated(connection, one.sql, tuple(one.parameters)), shape


def test_no_value_is_in_the_advice(tmp_path: Path) -> None:
    secret = "code-hunter2"
    asked = [
        Asked(sql="SELECT * FROM items WHERE code = ?", parameters=(secret,)),
        Asked(sql=f"SELECT * FROM items WHERE name = '{secret}'"),
        Asked(sql=f"SELECT * FROM nowhere WHERE name = '{secret}'"),
        Asked(
            sql=f"SELECT * FROM items WHERE substr(name, 1, instr(name, '{secret}')) = ?",
            parameters=(secret,),
        ),
        Asked(sql="SELECT * FROM items WHERE name LIKE ?", parameters=(f"%{secret}",)),
    ]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items()}) as url:
        advice = advise(url, asked, folder=tmp_path)
    assert advice.suggested
    assert advice.untried
    assert "hunter2" not in msgspec.json.encode(advice).decode()


def test_statements_of_one_shape_count_together(tmp_path: Path) -> None:
    asked = [
        Asked(sql="SELECT * FROM items WHERE owner = 7", count=3, routes=("GET /a",)),
        Asked(sql="SELECT * FROM items WHERE owner = 8", count=4, routes=("GET /b", "GET /a")),
    ]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items()}) as url:
        (suggested,) = advise(url, asked, folder=tmp_path).suggested
    (trial,) = suggested.statements
    assert (trial.count, trial.routes) == (7, ("GET /a", "GET /b"))
    assert suggested.saved_ms == pytest.approx(7 * (trial.before_ms - trial.after_ms))
    assert suggested.insert_us_before is not None
    assert suggested.insert_us_after is not None


def test_without_time_nothing_is_suggested_and_all_is_said(tmp_path: Path) -> None:
    asked = [Asked(sql="SELECT * FROM items WHERE owner = ?", parameters=(7,))]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items()}) as url:
        for budget in (0.0, 0.01):
            advice = advise(url, asked, folder=tmp_path, budget=budget)
            assert advice.suggested == ()
            assert advice.untried


def test_a_statement_without_end_leaves_time_for_the_others(tmp_path: Path) -> None:
    endless = "SELECT count(*) FROM items a, items b, items c WHERE a.code <> b.code AND b.name <> c.code"
    asked = [Asked(sql=endless), Asked(sql="SELECT * FROM items WHERE owner = ?", parameters=(7,))]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items()}) as url:
        advice = advise(url, asked, folder=tmp_path, budget=8)
    assert columns(advice) == [("owner",)]
    (untried,) = advice.untried
    assert "it takes longer than" in untried.reason


def test_a_deletion_is_timed_and_leaves_the_copy_as_it_was(tmp_path: Path) -> None:
    """One row goes, of many: what it costs to write is the same with an index, and has to be little beside the search."""
    rows = [(n, n, "code", "Name") for n in range(100_000)]
    asked = [
        Asked(sql="DELETE FROM items WHERE owner = :who", parameters={"who": 5}, paramstyle="named"),
        Asked(sql="INSERT INTO items VALUES (?, ?, ?, ?)", parameters=(-1, 5, "", "")),
        Asked(sql="BEGIN"),
    ]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": rows}) as url:
        before = digest(url)
        advice = advise(url, asked, folder=tmp_path)
        assert digest(url) == before
    assert columns(advice) == [("owner",)]
    assert advice.untried == ()


def test_an_index_that_slows_more_than_it_saves_is_rejected(tmp_path: Path) -> None:
    """Without statistics SQLite takes any index for a good one, and fetches nearly all rows in its order."""
    rows = [(n, 1, "x" * 200, f"n{n * 7919 % 30_011:06}") for n in range(30_000)]
    asked = [
        Asked(sql="SELECT * FROM items WHERE name > ?", parameters=("a",), count=1000),
        Asked(sql="SELECT count(code) FROM items WHERE name > ?", parameters=("n029990",), count=1),
    ]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": rows}) as url:
        advice = advise(url, asked, folder=tmp_path)
    assert columns(advice) == []
    assert [(each.columns, each.reason) for each in advice.rejected] == [
        (("name",), "it slows other statements by more than it saves")
    ]


def test_a_beginning_is_not_suggested_beside_the_longer_index_that_serves_both(tmp_path: Path) -> None:
    rows = [(n, n % 20, f"{n * 7919 % 40_000:06}", "x" * 50) for n in range(40_000)]
    asked = [
        Asked(
            sql="SELECT * FROM items WHERE owner = ? ORDER BY code DESC LIMIT 5", parameters=(7,), count=500
        ),
        Asked(sql="SELECT count(*) FROM items WHERE owner = ?", parameters=(7,), count=400),
    ]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": rows}) as url:
        advice = advise(url, asked, folder=tmp_path)
    assert columns(advice) == [("owner", "code")]
    assert len(advice.suggested[0].statements) == 2
    assert "it is not needed" in {each.columns: each.reason for each in advice.rejected}["owner",]


@pytest.mark.parametrize(
    ("sql", "values", "wanted"),
    [
        ("SELECT * FROM items WHERE name LIKE ?", ("name77%",), ("name COLLATE NOCASE",)),
        ("SELECT * FROM items WHERE name GLOB 'Name77*'", (), ("name",)),
        ("SELECT * FROM items WHERE upper(name) = ?", ("NAME77",), ("upper(name)",)),
        ("SELECT * FROM items WHERE name = ? COLLATE NOCASE", ("name77",), ("name COLLATE NOCASE",)),
        ("SELECT * FROM items WHERE owner IN (?, ?)", (3, 4), ("owner",)),
        ("SELECT i.* FROM (items AS i JOIN items AS j ON j.id = i.owner) WHERE i.code = ?", ("code7",), ("code",)),
        ("SELECT id FROM items ORDER BY code DESC, name LIMIT 3", (), ("code DESC", "name")),
        ("SELECT min(code) FROM items", (), ("code",)),
    ],
)  # fmt: skip
def test_an_index_of_each_kind(
    sql: str, values: tuple[object, ...], wanted: tuple[str, ...], tmp_path: Path
) -> None:
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items()}) as url:
        advice = advise(url, [Asked(sql=sql, parameters=values)], folder=tmp_path)
    assert columns(advice) == [wanted]


def test_what_the_column_itself_orders_by_counts(tmp_path: Path) -> None:
    table = "CREATE TABLE items (id INTEGER PRIMARY KEY, owner INTEGER, code TEXT, name TEXT COLLATE NOCASE);"
    asked = [Asked(sql="SELECT * FROM items WHERE name = ?", parameters=("name77",))]
    with databases.sqlite_copy(tmp_path, table, {"items": items()}) as url:
        assert columns(advise(url, asked, folder=tmp_path)) == [("name",)]
    (tmp_path / "original.db").unlink()
    script = f"{table} CREATE INDEX there ON items (name)"
    with databases.sqlite_copy(tmp_path, script, {"items": items()}) as url:
        advice = advise(url, asked, folder=tmp_path)
    assert (advice.suggested, advice.rejected) == ((), ())


def test_an_index_that_slows_others_until_they_have_their_own_is_tried_again(tmp_path: Path) -> None:
    """Alone, SQLite takes it for any comparison with the column; beside a better one it does not."""
    rows = [(n, n % 600, f"n{n * 7919 % 30_011:06}", "x" * 200) for n in range(30_000)]
    asked = [
        Asked(sql="SELECT id, name FROM items WHERE code > ?", parameters=("n029900",), count=2000),
        Asked(sql="SELECT * FROM items WHERE owner = ? AND code > ?", parameters=(7, "a"), count=900),
    ]
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": rows}) as url:
        advice = advise(url, asked, folder=tmp_path)
    assert sorted(columns(advice)) == [("code",), ("owner",)]
