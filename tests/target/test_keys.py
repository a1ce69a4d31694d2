"""Keys of the rows that a copy holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from pitstop.target.keys import ROWS, Keys, read_keys

TABLES = (
    "CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE, name text)",
    "CREATE TABLE teams (id integer PRIMARY KEY, slug text, city text)",
    "CREATE UNIQUE INDEX by_slug ON teams (slug)",
    "CREATE UNIQUE INDEX by_city ON teams (city) WHERE slug IS NULL",
    "CREATE UNIQUE INDEX by_both ON teams (city, slug)",
    "CREATE INDEX by_name ON users (name)",
    (
        "CREATE TABLE members (team_id integer REFERENCES teams (id), user_id integer REFERENCES users (id), "
        "role text, PRIMARY KEY (user_id, team_id))"
    ),
    'CREATE TABLE "odd ""name" (id integer PRIMARY KEY, user_id integer REFERENCES users (id))',
    "CREATE TABLE notes (text text)",
    "CREATE TABLE empties (id integer PRIMARY KEY)",
    "INSERT INTO notes VALUES ('x')",
    "INSERT INTO teams VALUES (2, 'a/b', 'Oslo'), (1, 'red', 'Bergen')",
    f"INSERT INTO teams VALUES (3, '', 'Oslo'), (4, '{'x' * 201}', 'Oslo'), (5, 'a\nb', 'Oslo')",
    *(f"INSERT INTO users VALUES ({number}, 'u{number}@x', 'n')" for number in range(1, ROWS + 5)),
    "INSERT INTO members VALUES (2, 1, 'x'), (1, 3, 'y')",
    """INSERT INTO "odd ""name" VALUES (1, 3)""",
)
FOUND = {
    "users": Keys(
        table="users",
        own=("id", "email"),
        rows=tuple({"id": number, "email": f"u{number}@x"} for number in range(1, ROWS + 1)),
    ),
    "teams": Keys(
        table="teams",
        own=("id", "slug"),
        rows=({"id": 1, "slug": "red"}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 5}),
    ),
    "members": Keys(
        table="members",
        own=("user_id", "team_id"),
        rows=({"user_id": 1, "team_id": 2}, {"user_id": 3, "team_id": 1}),
    ),
    'odd "name': Keys(table='odd "name', own=("id",), rows=({"id": 1, "user_id": 3},)),
}


def check(found: tuple[Keys, ...]) -> None:
    assert {each.table: each for each in found} == FOUND


def test_of_a_file(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(";".join(TABLES))
    check(read_keys("sqlite+aiosqlite:///shop.db", tmp_path))


def test_of_a_server(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        for statement in TABLES:
            connection.execute(statement.encode())
        connection.execute("CREATE TABLE links (id uuid PRIMARY KEY, shown boolean UNIQUE)")
        connection.execute("INSERT INTO links VALUES ('6f1a1a52-0000-4000-8000-000000000001', true)")
        connection.execute("CREATE ROLE stranger LOGIN")
    found = read_keys(postgres_url, Path())
    check(tuple(each for each in found if each.table != "links"))
    (links,) = (each for each in found if each.table == "links")
    assert links.rows == ({"id": "6f1a1a52-0000-4000-8000-000000000001"},)
    try:
        assert read_keys(postgres_url.replace("postgres@", "stranger@"), Path()) == (), (
            "it may read none of them"
        )
    finally:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("DROP ROLE stranger")


def test_what_cannot_be_looked_into_has_none(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"not a database at all, but long enough to be taken for one" * 30)
    assert read_keys("sqlite:///broken.db", tmp_path) == ()
    assert read_keys("sqlite:///missing.db", tmp_path) == ()
    assert not (tmp_path / "missing.db").exists()
    assert read_keys("sqlite://", tmp_path) == ()
    assert read_keys("postgresql://nobody@127.0.0.1:1/none", tmp_path) == ()
