from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitstop.indexes.advice import advise
from pitstop.indexes.asked import Asked
from tests.servers import PostgreSQL

from . import databases
from .databases import columns

LOG = """
CREATE TABLE log (id bigint PRIMARY KEY, who integer, path text COLLATE "C.utf8", at timestamptz, note varchar(50));
CREATE VIEW recent AS SELECT * FROM log WHERE at > '2025-01-01';
CREATE SEQUENCE numbers;
CREATE FUNCTION shout(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN upper($1); END';
CREATE FUNCTION quiet(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
CREATE TABLE watched (id integer PRIMARY KEY, who integer);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''x'', ''y''); RETURN NULL; END';
CREATE TRIGGER told AFTER UPDATE OR DELETE ON watched FOR EACH ROW EXECUTE FUNCTION tell();
"""


def log() -> dict[str, Sequence[tuple[Any, ...]]]:
    return {
        "log": [(n, n % 700, f"/p/{n % 4000}/x", f"2025-03-{n % 27 + 1:02} 10:00:00+00", f"Note{n % 5000}")
                for n in range(80_000)],
        "watched": [(n, n % 700) for n in range(5000)],
    }  # fmt: skip


@pytest.fixture(scope="module")
def filled(postgres_server: PostgreSQL) -> Iterator[str]:
    """A database with the log, filled once; the tests take copies of it."""
    with postgres_server.fresh() as url:
        with databases.postgresql_copy(url, LOG, log()):
            pass
        yield url


@pytest.fixture
def copied(filled: str) -> Iterator[str]:
    """pitstop's own copy."""
    with databases.postgresql_copy(filled, "", {}) as url:
        yield url


def test_postgresql_statements_that_may_do_more_than_answer_are_not_run(copied: str, tmp_path: Path) -> None:
    asked = [
        Asked(sql="SELECT pg_sleep(100), who FROM log", paramstyle="format"),
        Asked(sql='SELECT "nextval"(%s), path FROM log', parameters=("numbers",), paramstyle="format"),
        Asked(
            sql="SELECT shout(path) FROM log WHERE who = %(w)s", parameters={"w": 3}, paramstyle="pyformat"
        ),
        Asked(sql="SELECT path FROM recent WHERE who = 3", paramstyle="format"),
        Asked(sql="SELECT n FROM generate_series(1, 3) AS n", paramstyle="format"),
        Asked(sql="UPDATE watched SET id = id WHERE who = $1", parameters=(3,), paramstyle="numeric_dollar"),
        Asked(sql="SELECT id FROM log; COMMIT; DROP TABLE log", paramstyle="format"),
        Asked(sql="SELECT id FROM log WHERE who = %s", parameters=(), paramstyle="format"),
        Asked(sql="SELECT missing FROM log WHERE who = 5", paramstyle="format"),
        Asked(
            sql="SELECT id FROM log WHERE quiet(path) = 'x' AND who = %s",
            parameters=(7,),
            paramstyle="format",
        ),
    ]
    advice = advise(copied, asked, folder=tmp_path)
    reasons = [each.reason for each in advice.untried]
    assert [reason.partition("(")[0].partition(":")[0] for reason in reasons[:8]] == [
        "it calls pg_sleep",
        "it calls nextval",
        "it calls shout",
        "it reads what is no plain table",
        "it reads what is no plain table",
        "it would fire the triggers of watched",
        "it is not one statement",
        "its values do not fit its placeholders",
    ]
    assert reasons[8:] == ["the database refused it (UndefinedColumn)"]
    assert columns(advice) == [("who",)]


@pytest.mark.parametrize(
    ("sql", "style", "values", "wanted"),
    [
        ("SELECT * FROM log WHERE path LIKE $1", "numeric_dollar", ("/p/77/%",), [("path text_pattern_ops",)]),
        ("SELECT * FROM log WHERE note LIKE %s || '%%'", "format", ("Note777",), [("note",)]),
        ("SELECT * FROM log WHERE lower(log.note) = lower(%(n)s)", "pyformat", {"n": "Note7"}, [("lower(note)",)]),
        ("SELECT * FROM log WHERE who = ANY(%s::int[])", "format", ([3, 4],), [("who",)]),
        ("SELECT id FROM log ORDER BY note DESC NULLS LAST LIMIT 5", "format", (), [("note DESC NULLS LAST",)]),
        ("SELECT * FROM log WHERE path ILIKE %s", "format", ("%77%",), []),
        ("SELECT * FROM log WHERE who = $1 FOR UPDATE", "numeric_dollar", (5,), [("who",)]),
        ("SELECT * FROM log WHERE id = $1", "numeric_dollar", (5,), []),
    ],
)  # fmt: skip
def test_an_index_of_each_kind_in_postgresql(
    sql: str, style: str, values: object, wanted: list[tuple[str, ...]], copied: str, tmp_path: Path
) -> None:
    asked = msgspec.convert({"sql": sql, "paramstyle": style}, Asked)
    asked = msgspec.structs.replace(asked, parameters=values)
    advice = advise(copied, [asked], folder=tmp_path)
    assert columns(advice) == wanted
    if "ILIKE" in sql:
        assert "trigram" in advice.untried[0].reason
