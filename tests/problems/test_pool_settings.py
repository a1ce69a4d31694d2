"""`pool-misfit`: what its options make of engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch
from pitstop.problems import discover

from .choices import chosen, refused
from .trees import write

POOL = "pool-misfit"
SERVICE = """\
import os

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

app = FastAPI()
URL = os.environ["DATABASE_URL"]
{engine}


def session():
    with Session(engine) as session:
        yield session


@app.get("/orders/count")
def count(db: Session = Depends(session)) -> int:
    return db.scalar(text("SELECT count(*) FROM orders"))
"""
PLAIN = 'engine = create_engine("postgresql+psycopg://shop@db/shop")'


def tree(root: Path, engine: str, workers: int = 1) -> Path:
    files = {
        "main.py": SERVICE.format(engine=engine),
        "Dockerfile": f'FROM python:3.12\nCMD ["uvicorn", "main:app", "--workers", "{workers}"]\n',
    }
    return write(root, files)


def made(root: Path, option: str) -> str:
    """The engine as the option has it."""
    (given,) = chosen(root, POOL, option)
    assert isinstance(given, Patch), given
    text = given.changes[0].after or ""
    return text[text.index("\nengine = ") + 1 : text.index("\n\n\ndef session")]


@pytest.mark.parametrize(
    ("engine", "after"),
    [
        (PLAIN, 'engine = create_engine("postgresql+psycopg://shop@db/shop", pool_pre_ping=True)'),
        (
            'engine = create_engine("postgresql://db/shop", pool_pre_ping=False)',
            'engine = create_engine("postgresql://db/shop", pool_pre_ping=True)',
        ),
        (
            'engine = create_engine(\n    "postgresql://db/shop",\n    echo=False,\n)',
            'engine = create_engine(\n    "postgresql://db/shop",\n    echo=False,\n    pool_pre_ping=True,\n)',
        ),
        (
            'OPTIONS = {"echo": False}\nengine = create_engine("postgresql://db/shop", **OPTIONS)',
            'engine = create_engine("postgresql://db/shop", pool_pre_ping=True, **OPTIONS)',
        ),
        (
            'OPTIONS = {"echo": False}\nengine = create_engine(\n    "postgresql://db/shop",\n    **OPTIONS,  # as in tests\n)',
            'engine = create_engine(\n    "postgresql://db/shop",\n    pool_pre_ping=True,\n    **OPTIONS,  # as in tests\n)',
        ),
        (
            'engine = create_engine("postgresql://db/shop", pool_size=5)',
            'engine = create_engine("postgresql://db/shop", pool_size=5, pool_pre_ping=True)',
        ),
    ],
)
def test_connections_are_asked_whether_they_live(tmp_path: Path, engine: str, after: str) -> None:
    assert made(tree(tmp_path, engine), "pre-ping") == after


@pytest.mark.parametrize(
    ("workers", "settings"),
    [(1, "pool_size=20, max_overflow=20"), (3, "pool_size=15, max_overflow=15"), (5, "pool_size=9, max_overflow=9")],
)  # fmt: skip
def test_the_pools_of_all_processes_stay_below_what_the_server_takes(
    tmp_path: Path, workers: int, settings: str
) -> None:
    assert settings in made(tree(tmp_path, PLAIN, workers), "larger-pool")


@pytest.mark.parametrize(
    ("option", "engine", "workers", "words"),
    [
        ("pre-ping", 'engine = create_engine("postgresql://db/s", pool_pre_ping=True)', 1, "asks already"),
        ("pre-ping", 'engine = create_engine("postgresql://db/s", poolclass=NullPool)', 1, "kind of pool"),
        ("larger-pool", 'engine = create_engine("postgresql://db/s", max_overflow=3)', 1, "size of its own"),
        (
            "larger-pool",
            "engine = create_engine(URL)\n# postgresql://db or sqlite:///test.db",
            1,
            "one of SQLite",
        ),
        ("larger-pool", PLAIN, 6, "6 processes"),
    ],
)
def test_what_the_code_has_decided_is_left(
    tmp_path: Path, option: str, engine: str, workers: int, words: str
) -> None:
    assert words in refused(tree(tmp_path, engine, workers), POOL, option)


def test_an_engine_that_is_asked_for_elsewhere_is_left() -> None:
    root = discover()[POOL].folder / "cases" / "found_settings_not_applied"
    assert "made elsewhere" in refused(root, POOL, "pre-ping")
