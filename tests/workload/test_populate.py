from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import psycopg
import pytest

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.target.database import DatabaseCopy
from pitstop.target.model import Target
from pitstop.target.workspace import Workspace
from pitstop.workload.populate import Filled, Filling, Populated, UnfilledError, populate
from tests.target.trees import APP, snapshot

from .test_drive import target_of

MODELS = """
    import os
    from fastapi import FastAPI
    from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, select
    from sqlalchemy.orm import Session, declarative_base

    Base = declarative_base()
    engine = create_engine(os.environ["DATABASE_URL"])
    app = FastAPI()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        email = Column(String(50), nullable=False, unique=True)

    class Order(Base):
        __tablename__ = "orders"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("users.id"), nullable=False)
"""
FILES = {"app/__init__.py": "", "app/main.py": MODELS + "\n    Base.metadata.create_all(engine)\n"}


def filled(root: Path, files: Mapping[str, str], url: str | None, **more: Any) -> Populated:
    """Populate a copy of a service whose variable names another database than the one given."""
    target: Target = target_of(root, files)
    before = snapshot(root)
    given: dict[str, Any] = {"rows": 300, "seed": 7, "timeout": 120, "environment": environment(), **more}
    with Workspace(root) as workspace:
        try:
            return populate(target, workspace.path, database=url, **given)
        finally:
            assert snapshot(root) == before
            assert not list(workspace.path.rglob("__pycache__"))


def environment(url: str = "postgresql://127.0.0.1:1/production") -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url}


def test_the_copy_of_a_database_is_filled_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "data.db"
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50) NOT NULL UNIQUE)")
        connection.execute("INSERT INTO users VALUES (3, 'me@example.org')")
        connection.commit()
    original = source.read_bytes()
    seen: list[Filling] = []
    with DatabaseCopy(f"sqlite:///{source}") as copy:
        file = Path(copy.url.removeprefix("sqlite:///"))
        said = filled(
            tmp_path / "a service é",
            FILES,
            copy.url,
            environment=environment(f"sqlite:///{source}"),
            on_progress=seen.append,
            grow={"users": 20},
        )
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM users").fetchone() == (20,)
            assert connection.execute("SELECT email FROM users WHERE id = 3").fetchone() == (
                "me@example.org",
            )
    assert said == Populated(
        tables=(
            Filled(name="users", before=1, after=20, wanted=20, reason=""),
            Filled(name="orders", before=0, after=300, wanted=300, reason=""),
        ),
        created=False,
        skipped=(),
        file=file,
    )
    assert seen == [
        Filling(name="users", rows=20, wanted=20),
        Filling(name="orders", rows=300, wanted=300),
    ]
    assert source.read_bytes() == original


def test_a_copy_on_a_server(tmp_path: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE users (id serial PRIMARY KEY, email varchar(50) NOT NULL UNIQUE)")
    with DatabaseCopy(postgres_url) as copy:
        said = filled(
            tmp_path / "p",
            FILES,
            copy.url.replace("://", "+psycopg://"),
            environment=environment(postgres_url.replace("://", "+psycopg://")),
        )
        assert [(table.name, table.after) for table in said.tables] == [("users", 100), ("orders", 300)]
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_the_file_that_the_service_opens_in_its_own_copy(tmp_path: Path) -> None:
    said = filled(tmp_path / "p", FILES, None, environment=environment("sqlite:///own.db"))
    assert [table.after for table in said.tables] == [100, 300]
    assert not (tmp_path / "p" / "own.db").exists()


def test_what_was_left_out_is_told(tmp_path: Path) -> None:
    missing = (
        MODELS
        + """
    User.__table__.create(engine, checkfirst=True)

    async def app(scope, receive, send):
        await receive()
        said = "no queue at amqp://me:hidden@queue, said " + os.environ["QUEUE_TOKEN"]
        await send({"type": "lifespan.startup.failed", "message": said})
"""
    )
    variables = {**environment("sqlite:///own.db"), "QUEUE_TOKEN": "a-secret-token"}
    target = target_of(tmp_path, FILES)
    with Workspace(tmp_path) as workspace:
        (workspace.path / "app" / "main.py").write_text(dedent(missing))
        said = populate(target, workspace.path, database=None, rows=3, seed=7, environment=variables)
    assert said.skipped == (
        Skipped(
            stage="populate",
            subject="start-up",
            reason="the app did not start: no queue at amqp://me:***@queue, said ***",
        ),
        Skipped(stage="populate", subject="orders", reason="the database has no such table"),
    )


@pytest.mark.parametrize(
    ("text", "url", "said", "is_open"),
    [
        (APP, "sqlite:///x.db", "the app does not use SQLAlchemy", False),
        ("import not_there_at_all\n" + APP, "sqlite:///x.db", "the module 'not_there_at_all' cannot be imported", False),
        (MODELS, None, r"refused a connection to postgresql://127.0.0.1:1/production", True),
    ],
)  # fmt: skip
def test_a_service_that_cannot_be_populated(
    tmp_path: Path, text: str, url: str | None, said: str, is_open: bool
) -> None:
    with pytest.raises(UnfilledError, match=said) as raised:
        filled(
            tmp_path / "p",
            {**FILES, "app/main.py": text},
            url,
            environment=environment("postgresql+psycopg://u:hidden@127.0.0.1:1/production"),
        )
    assert raised.value.exit_code == 3
    assert raised.value.is_open is is_open
    assert "hidden" not in raised.value.message + raised.value.hint


def test_a_service_without_an_app(tmp_path: Path) -> None:
    target = msgspec.structs.replace(target_of(tmp_path, FILES), app=None)
    with pytest.raises(TargetError, match="no app was found"):
        populate(target, tmp_path, database="sqlite:///x.db", rows=1, seed=7)


def test_one_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="not filled within"):
        filled(tmp_path / "p", FILES, "sqlite:///x.db", rows=50_000_000, timeout=8)
