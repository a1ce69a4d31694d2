"""Databases that are no copies, and the ones that are: nothing of the user's is touched."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.road.command import Home, snapshot
from tests.road.service import write
from tests.road.small import FOUND, lay_small


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A service with one problem and one test."""
    return lay_small(tmp_path / "service")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://someone:verysecret@db.example.com/shop", "another machine"),
        ("mysql://someone:verysecret@127.0.0.1/shop", "neither PostgreSQL nor SQLite"),
        ("sqlite:///nowhere.db", "there is no database"),
    ],
)
def test_database_that_cannot_be_copied(home: Home, root: Path, url: str, said: str) -> None:
    for verb in ("measure", "tune"):
        ended = home.run(verb, str(root), "--database", url)
        assert ended.code == 3, ended.err
        assert said in ended.err
        assert "verysecret" not in ended.err + ended.out
        assert FOUND in ended.out


def test_database_that_the_tests_reach_for_and_that_is_no_copy(home: Home, root: Path) -> None:
    connecting = """
        import psycopg
        from test_main import client

        def test_rows():
            client.get("/slow")
            psycopg.connect("postgresql://someone:verysecret@127.0.0.1:1/shop", connect_timeout=3)
    """
    write(root, {"test_rows.py": connecting})
    ended = home.run("measure", str(root), "--format", "json")
    assert ended.code == 1, ended.err
    (refused,) = [each for each in ended.report().skipped if "not a copy" in each.reason]
    assert "127.0.0.1:1" in refused.subject
    assert "--database" in refused.reason
    assert "verysecret" not in ended.out + ended.err


def test_the_given_database_is_copied_and_the_named_variable_leads_to_it(home: Home, root: Path) -> None:
    main = """
        import os
        import sqlite3

        from fastapi import FastAPI

        app = FastAPI()
        place = "".join(("SHOP", "_", "PLACE"))


        @app.get("/rows")
        def rows() -> int:
            path = os.environ[place].removeprefix("sqlite:///")
            with sqlite3.connect(path) as connection:
                connection.execute("insert into items values (2)")
                return connection.execute("select count(*) from items").fetchone()[0]
    """
    test = """
        from fastapi.testclient import TestClient
        from main import app

        def test_rows():
            assert TestClient(app).get("/rows").json() == 2
    """
    write(root, {"main.py": main, "test_main.py": test})
    write(
        root,
        {"pyproject.toml": '[tool.pitstop]\ndatabase-env = "SHOP_PLACE"\ndatabase = "sqlite:///data.db"\n'},
    )
    with sqlite3.connect(root / "data.db") as connection:
        connection.execute("create table items (id integer)")
        connection.execute("insert into items values (1)")
    connection.close()
    before = snapshot(root)
    ended = home.run("measure", str(root), "--format", "json")
    assert ended.code == 0, ended.err + ended.out
    assert [route.route for route in ended.report().routes] == ["GET /rows"]
    assert snapshot(root) == before
