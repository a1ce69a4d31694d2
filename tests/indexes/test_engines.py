from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pitstop.indexes.asked import Asked
from pitstop.indexes.candidates import Candidate
from pitstop.indexes.catalogue import Key
from pitstop.indexes.clones import clones
from pitstop.indexes.engine_postgresql import PostgreSQLEngine
from pitstop.indexes.engines import Deadline, Engine, Refused, TooLate
from pitstop.indexes.parsing import Parsed
from pitstop.indexes.trial import Bench

from . import databases

SQLITE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INTEGER, twice INTEGER AS (age * 2));
CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id));
CREATE TABLE seen (what TEXT);
CREATE TABLE packed (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TRIGGER told AFTER INSERT ON people BEGIN SELECT RAISE(ABORT, 'no'); END;
"""
POSTGRESQL = """
CREATE TABLE people (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, age integer,
                     twice integer GENERATED ALWAYS AS (age * 2) STORED);
CREATE TABLE pets (id integer PRIMARY KEY, owner integer REFERENCES people (id));
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
INSERT INTO people (name, age) SELECT 'name' || n, n % 90 FROM generate_series(1, 5000) n;
INSERT INTO pets SELECT n, n FROM generate_series(1, 5000) n;
CREATE TRIGGER told AFTER INSERT OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE shapes (id integer PRIMARY KEY, a integer, b box);
INSERT INTO shapes SELECT n, n % 900, box(point(0, 0), point(n, n)) FROM generate_series(1, 20000) n;
"""


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    rows: dict[str, Sequence[tuple[Any, ...]]] = {
        "packed": [(n, n) for n in range(2000)],
        "pets": [(n, n) for n in range(2000)],
    }
    script = SQLITE.partition("CREATE TRIGGER")
    filled = (
        script[0]
        + "INSERT INTO people (id, name, age) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
        "SELECT i, 'name' || i, i % 90 FROM n;" + script[1] + script[2]
    )
    with (
        databases.sqlite_copy(tmp_path, filled, rows) as url,
        clones(url, tmp_path, Deadline(60)) as (engine, _),
    ):
        yield engine


@contextmanager
def postgresql(url: str, folder: Path, deadline: Deadline) -> Iterator[tuple[Engine, Engine]]:
    with databases.postgresql_copy(url, POSTGRESQL, {}) as copy, clones(copy, folder, deadline) as both:
        yield both


def asked(engine: Engine, sql: str) -> Parsed:
    return Parsed(Asked(sql=sql, paramstyle="qmark"), engine.catalogue())


def rows(engine: Engine) -> float:
    """As the engine's own counter sees them: a scan of all people."""
    return engine.work(asked(engine, "SELECT * FROM people WHERE age > -1"), ())


def test_what_a_statement_changes_is_taken_back_in_sqlite(sqlite: Engine) -> None:
    before = rows(sqlite)
    deletion = asked(sqlite, "DELETE FROM people WHERE age < 40")
    first = sqlite.work(deletion, ())
    assert sqlite.run(deletion, ()) > 0
    assert sqlite.work(deletion, ()) == pytest.approx(first, abs=50)
    assert rows(sqlite) == pytest.approx(before, abs=50)


def test_rows_are_put_back_without_triggers_and_nothing_stays_in_sqlite(sqlite: Engine) -> None:
    before = rows(sqlite)
    tables = sqlite.catalogue().tables
    cost = sqlite.insertion(tables["people"])
    assert cost is not None
    assert cost > 0
    assert sqlite.insertion(tables["packed"]) is None
    assert sqlite.insertion(tables["seen"]) is None
    assert rows(sqlite) == pytest.approx(before, abs=50)
    assert sqlite.catalogue().tables["people"].has_triggers


def test_what_a_statement_changes_is_taken_back_in_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with postgresql(postgres_url, tmp_path, Deadline(60)) as (engine, _):
        update = asked(engine, "UPDATE shapes SET a = a + 1 WHERE id > 100")
        lookup = asked(engine, "SELECT count(*) FROM shapes WHERE id < 9000")
        before = engine.work(lookup, ())
        assert engine.indexes_used(lookup, ()) == {"shapes_pkey"}
        first = engine.work(update, ())
        engine.run(update, ())
        assert engine.work(update, ()) == pytest.approx(first, rel=0.1)
        # nor is anything left that scans of an index would have to look up in the table
        assert engine.work(lookup, ()) == pytest.approx(before, rel=0.1)


def test_rows_are_put_back_whatever_refers_to_them_in_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with postgresql(postgres_url, tmp_path, Deadline(60)) as (engine, _):
        before = rows(engine)
        cost = engine.insertion(engine.catalogue().tables["people"])
        assert cost is not None
        assert cost > 0
        engine.tidy(engine.catalogue().tables["people"])
        assert rows(engine) == pytest.approx(before, rel=0.2)
        assert engine.why_not(asked(engine, "DELETE FROM people")) == "it would fire the triggers of people"
        assert engine.why_not(asked(engine, "DELETE FROM pets")) == ""


def test_a_statement_that_only_reads_may_not_write_in_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with postgresql(postgres_url, tmp_path, Deadline(60)) as (engine, _):
        assert isinstance(engine, PostgreSQLEngine)
        sneaky = asked(engine, "SELECT setval('people_id_seq', 5) FROM pets")
        with pytest.raises(Refused, match="ReadOnlySqlTransaction"):
            engine.run(sneaky, ())


def test_of_a_proposal_that_fails_half_way_nothing_is_left(postgres_url: str, tmp_path: Path) -> None:
    deadline = Deadline(60)
    with postgresql(postgres_url, tmp_path, deadline) as (without, having):
        catalogue = without.catalogue()
        table = catalogue.tables["shapes"]
        bench = Bench(without, having, catalogue, [], deadline)
        proposal = tuple(Candidate(table=table, keys=(Key(column=name),), equal=1) for name in ("a", "b"))
        with pytest.raises(Refused, match="UndefinedObject"):
            bench.build(proposal, having)
        assert having.catalogue() == catalogue
        assert [each.columns for each in bench.build(proposal[:1], having)] == [("a",)]
        assert having.catalogue() != catalogue


ENDLESS = "SELECT count(*) FROM people a, people b, people c WHERE a.age <> b.age AND b.name <> c.name"


def check_that_it_ends(engine: Engine, deadline: Deadline) -> None:
    endless = asked(engine, ENDLESS)
    for act in (engine.run, engine.work):
        with deadline.at_most(0.3), pytest.raises(TooLate):
            act(endless, ())
    assert not deadline.is_over
    assert rows(engine) > 0


def test_a_statement_ends_when_its_time_is_up_in_sqlite(tmp_path: Path) -> None:
    deadline = Deadline(60)
    people = [(n, f"name{n}", n % 90) for n in range(5000)]
    table = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)"
    with (
        databases.sqlite_copy(tmp_path, table, {"people": people}) as url,
        clones(url, tmp_path, deadline) as both,
    ):
        check_that_it_ends(both[0], deadline)


def test_a_statement_ends_when_its_time_is_up_in_postgresql(postgres_url: str, tmp_path: Path) -> None:
    deadline = Deadline(60)
    with postgresql(postgres_url, tmp_path, deadline) as (engine, _):
        check_that_it_ends(engine, deadline)


def test_part_of_the_time_ends_before_all_of_it() -> None:
    deadline = Deadline(60)
    with deadline.at_most(0):
        with pytest.raises(TooLate):
            deadline.check()
        with deadline.at_most(30), pytest.raises(TooLate):
            deadline.check()
        assert not deadline.is_over
    deadline.check()
    over = Deadline(0)
    time.sleep(0.001)
    assert over.is_over
    with over.at_most(30), pytest.raises(TooLate):
        over.check()
