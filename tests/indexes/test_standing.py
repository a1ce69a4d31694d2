from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pitstop.indexes.advice import advise
from pitstop.indexes.asked import Asked
from pitstop.trials import Advice

from . import databases

TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, team INTEGER, age INTEGER);
CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), place INTEGER, body TEXT);
CREATE TABLE rest (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
CREATE INDEX by_team ON people (team);
CREATE INDEX by_team_age ON people (team, age);
CREATE INDEX by_team_age_again ON people (team, age);
CREATE INDEX by_age ON people (age);
CREATE UNIQUE INDEX by_name ON people (name);
CREATE INDEX by_person ON notes (person);
CREATE INDEX by_place ON notes (place);
CREATE INDEX by_body ON notes (body) WHERE place > 3;
CREATE INDEX by_id ON notes (id);
CREATE INDEX by_a ON rest (a);
CREATE INDEX by_b ON rest (b);
"""


def rows() -> dict[str, Sequence[tuple[Any, ...]]]:
    return {
        "people": [(n, f"name{n}", n % 50, n % 90) for n in range(4000)],
        "notes": [(n, n % 4000, n % 70, f"body{n}") for n in range(4000)],
        "rest": [(n, n, n) for n in range(2000)],
    }


ASKED = [
    Asked(sql="SELECT id FROM people WHERE team = 3 AND age = 4"),
    Asked(sql="SELECT * FROM notes WHERE place = 5"),
    Asked(sql="/* job */ SELECT * FROM elsewhere, rest WHERE b = 5"),
    Asked(sql="INSERT INTO people (id, name) VALUES (?, ?)", parameters=(-1, "x")),
    Asked(sql="-- begin\nBEGIN"),
]


def check(advice: Advice, primary: str) -> None:
    assert {(each.name, each.of) for each in advice.duplicates} == {
        ("by_team", "by_team_age"),
        ("by_team_age_again", "by_team_age"),
        ("by_id", primary),
    }
    assert {(each.name, each.statements) for each in advice.unused} == {("by_age", 1), ("by_body", 1)}
    assert all(each.size_bytes > 0 for each in advice.duplicates)
    assert all(each.size_bytes > 0 for each in advice.unused)
    assert advice.suggested == ()
    assert len([each for each in advice.untried if each.subject]) == 1


def test_indexes_that_are_there_for_nothing_in_sqlite(tmp_path: Path) -> None:
    with databases.sqlite_copy(tmp_path, TABLES, rows()) as url:
        check(advise(url, ASKED, folder=tmp_path), "")


def test_indexes_that_are_there_for_nothing_in_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with databases.postgresql_copy(postgres_url, TABLES, rows()) as url:
        check(advise(url, ASKED, folder=tmp_path), "notes_pkey")
