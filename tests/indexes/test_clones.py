from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pitstop.errors import TargetError, UnsafeDatabaseError
from pitstop.indexes.advice import advise
from pitstop.indexes.clones import clones
from pitstop.indexes.engine_sqlite import SQLiteEngine
from pitstop.indexes.engines import Deadline
from tests.servers import PostgreSQL

from . import databases
from .databases import ITEMS, databases_of_pitstop, items


@pytest.mark.parametrize("place", ["plain.db", "pitstop-db-0123456789abcdef.db", "x/used/plain.db"])
def test_a_file_that_is_no_copy_is_refused_and_left_alone(place: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(ITEMS)
    content = file.read_bytes()
    with pytest.raises(UnsafeDatabaseError, match="is not a copy that pitstop made"):
        advise(f"sqlite:///{file}", [], folder=tmp_path)
    assert file.read_bytes() == content


def test_a_database_that_is_no_copy_is_refused(postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafeDatabaseError, match="is not a copy that pitstop made"):
        advise(postgres_url, [], folder=tmp_path)


def test_a_copy_that_is_no_database_is_a_fault_of_the_target(tmp_path: Path) -> None:
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items(100)}) as url:
        file = Path(url.removeprefix("sqlite:///"))
        file.write_bytes(file.read_bytes()[:16] + b"no" * 5000)
        with pytest.raises(TargetError, match="cannot be read"):
            advise(url, [], folder=tmp_path)


def test_the_clones_are_alike_and_go_with_the_block(tmp_path: Path) -> None:
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items(2000)}) as url:
        with clones(url, tmp_path, Deadline(60)) as (without, having):
            assert without.catalogue() == having.catalogue()
            assert isinstance(without, SQLiteEngine)
            assert isinstance(having, SQLiteEngine)
            places = [without.file, having.file]
            assert all(place.is_file() for place in places)
            assert len(set(places)) == 2
        assert not any(place.exists() for place in places)


SCRIPT = """
import sys
from pathlib import Path
from pitstop.indexes.advice import advise
from pitstop.indexes.asked import Asked

def say(text):
    print(text, flush=True)

endless = "SELECT count(*) FROM items a, items b, items c WHERE a.code <> b.code AND b.name <> c.code AND a.owner = 3"
style = "qmark" if sys.argv[1].startswith("sqlite") else "format"
say("begun")
advise(sys.argv[1], [Asked(sql=endless, paramstyle=style)], folder=Path(), on_progress=say, budget=500)
"""


def interrupted(url: str, started: Callable[[], bool], folder: Path) -> subprocess.Popen[str]:
    """Advice that is stopped by Ctrl-C while a statement without end runs."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    while "measuring" not in process.stdout.readline():
        assert process.poll() is None
    while not started():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    return process


def test_ctrl_c_in_the_middle_of_a_statement_leaves_no_file(tmp_path: Path) -> None:
    inside = tmp_path / "temporary"
    inside.mkdir()
    with databases.sqlite_copy(tmp_path, ITEMS, {"items": items(2000)}) as url:
        since = time.monotonic()
        # long enough to be in the middle of the statement, which takes hours
        assert interrupted(url, lambda: time.monotonic() > since + 1.5, inside).returncode != 0
    assert list(inside.iterdir()) == []


def test_ctrl_c_in_the_middle_of_a_statement_leaves_no_database(
    postgres_url: str, postgres_server: PostgreSQL, tmp_path: Path
) -> None:
    with databases.postgresql_copy(postgres_url, ITEMS, {"items": items(5000)}) as url:
        known = databases_of_pitstop(postgres_server)

        def started() -> bool:
            with psycopg.connect(postgres_server.url) as connection:
                rows = connection.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE datname LIKE 'pitstop%' AND query LIKE 'EXPLAIN (ANALYZE%' "
                    "AND state = 'active'"
                ).fetchall()
            return bool(rows)

        assert interrupted(url, started, tmp_path).returncode != 0
        assert databases_of_pitstop(postgres_server) == known
