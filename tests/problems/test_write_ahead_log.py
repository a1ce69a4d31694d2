"""`sqlite-rollback-journal`: what its options make of listeners and engines, and what was measured of commits."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.records import Exchange, Frame, Hold, Pool, Run, Statement
from pitstop.traces.store import Traces

from .choices import mended, refused
from .served import client
from .trees import is_formatted, write

PROBLEM = "sqlite-rollback-journal"
LOG = "write-ahead-log"
MS = 1_000_000
HEAD = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, event

app = FastAPI()
"""
WRITING = """

@app.post("/notes", status_code=201)
def write(text: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES (?)", (text,))


@app.get("/settings")
def settings() -> list[int]:
    with engine.connect() as connection:
        asked = ("foreign_keys", "synchronous")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
"""
LISTENER = """\
engine = create_engine("sqlite:///notes.db")


@event.listens_for(engine, "connect")
def set_up(connection, _record):
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA foreign_keys=ON")  # SQLite's default is off
"""
CLOSING = HEAD.replace("from fastapi", "from contextlib import closing\n\nfrom fastapi", 1)
ENGINE = """\
engine = create_engine("sqlite:///notes.db", connect_args={"check_same_thread": False})
"""
ASYNC = """\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///notes.db")
INSERT = text("INSERT INTO notes VALUES (:said)")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/notes", status_code=201)
async def write(said: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(INSERT, {"said": said})
"""


def mode(root: Path) -> str:
    with closing(sqlite3.connect(root / "notes.db")) as database:
        (found,) = database.execute("PRAGMA journal_mode").fetchone()
        return str(found)


def answers(root: Path, monkeypatch: pytest.MonkeyPatch, asked: str) -> object:
    """What the service answers once it has written a note, with its database beside it."""
    monkeypatch.chdir(root)
    with closing(sqlite3.connect("notes.db")) as database:
        database.execute("CREATE TABLE IF NOT EXISTS notes (text)")
    asking, _ = client(root)
    with asking:
        assert asking.post("/notes", params={"text": "a", "said": "a"}).status_code == 201
        return asking.get(asked).json() if asked else None


@pytest.mark.parametrize(
    ("source", "keys"),
    [(CLOSING + LISTENER + WRITING, 1), (HEAD + ENGINE + WRITING, 0)],
    ids=["listener", "engine"],
)
@pytest.mark.parametrize(("option", "synchronous"), [(LOG, 2), ("without-waiting", 1)])
def test_the_database_keeps_a_log(
    source: str, keys: int, option: str, synchronous: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"main.py": source})
    assert answers(tmp_path, monkeypatch, "/settings") == [keys, 2]
    assert mode(tmp_path) == "delete"
    diff = mended(tmp_path, PROBLEM, option)
    assert is_formatted(tmp_path, ["main.py"])
    assert answers(tmp_path, monkeypatch, "/settings") == [keys, synchronous], diff
    assert mode(tmp_path) == "wal"


def test_an_asynchronous_engine_is_listened_to_by_its_synchronous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"main.py": ASYNC})
    diff = mended(tmp_path, PROBLEM, LOG)
    assert '+@event.listens_for(engine.sync_engine, "connect")' in diff
    assert "+def use_write_ahead_log(connection: Any, _record: Any) -> None:" in diff
    assert is_formatted(tmp_path, ["main.py"])
    answers(tmp_path, monkeypatch, "")
    assert mode(tmp_path) == "wal"


def test_what_is_set_up_already_is_repeated_in_its_own_way(tmp_path: Path) -> None:
    listener = """\
engine = create_engine('sqlite:///notes.db')


def set_up(connection, _record):
    if connection.total_changes == 0:
        connection.execute('pragma foreign_keys = 1', ())
        connection.execute('pragma busy_timeout = 5000')


event.listen(engine, 'connect', set_up)
"""
    write(tmp_path, {"main.py": HEAD + listener + WRITING})
    diff = mended(tmp_path, PROBLEM, LOG)
    (added,) = [line for line in diff.splitlines() if line.startswith("+ ")]
    assert added == "+        connection.execute('PRAGMA journal_mode=WAL')"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "def make():\n    return create_engine('sqlite:///notes.db')\n\n\nengine = make()\n",
            "within a function",
        ),
        (
            LISTENER.replace("        cursor.execute(", "        rows = cursor.execute("),
            "what the setting gives is used",
        ),
    ],
)
def test_what_cannot_be_set_up_in_one_place_is_declined(source: str, reason: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CLOSING + source + WRITING})
    assert reason in refused(tmp_path, PROBLEM, LOG)


def test_a_service_that_knows_a_server_as_well_is_only_possible(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HEAD + ENGINE + WRITING)
    rule = discover()[PROBLEM].rule
    assert rule is not None
    assert [f.confidence for f in rule(project.read(tmp_path, cache=False))] == ["likely"]
    (tmp_path / "config.py").write_text('DRIVERS = {"production": "postgresql+psycopg"}\n')
    assert [f.confidence for f in rule(project.read(tmp_path, cache=False))] == ["possible"]


def measured(folder: Path, *durations: float, system: str = "sqlite") -> list[Finding]:
    """What the detector tells of requests with commits that took so many milliseconds."""
    (folder / "main.py").write_text(HEAD + ENGINE + WRITING)
    exchanges = tuple(
        Exchange(
            key=f"r#{number}",
            method="POST",
            path="/notes",
            route="/notes",
            status=201,
            duration_ns=100 * MS,
            statements=(Statement(sql="COMMIT", operation="COMMIT", duration_ns=int(ms * MS)),),
            holds=(Hold(pool=1, start_ns=0, duration_ns=50 * MS, waited_ns=0),),
        )
        for number, ms in enumerate(durations)
    )
    run = Run(
        exchanges=exchanges,
        owners=dict.fromkeys(range(len(durations)), 1),
        stacks={(1, 3): (Frame("main.py", 5, "<module>"),)},
        pools={(1, 1): Pool(id=1, kind="QueuePool", system=system, size=5, overflow=10, stack=3)},
    )
    detector = discover()[PROBLEM].detector
    assert detector is not None
    with Traces.load(run) as traces:
        return list(detector(traces, project.read(folder, cache=False)))


def test_what_commits_took_is_told(tmp_path: Path) -> None:
    (finding,) = measured(tmp_path, 4.0, 8.0)
    *_, evidence = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text == "POST /notes waited 6.0 ms for its commit, and 8.0 ms at most"
    assert evidence.figures == {"commits": 2, "duration_ms": 6}
    assert finding.confidence == "likely", "the database may have been told by hand"


def test_commits_that_wrote_nothing_or_went_elsewhere_are_not(tmp_path: Path) -> None:
    assert measured(tmp_path, 0.1, 0.2) == []
    assert measured(tmp_path, 4.0, system="postgresql") == []
