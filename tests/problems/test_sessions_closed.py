"""`session-leak`: who closes the session, and where that is for a person to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import MODELS, apply, is_formatted, proposals, write

LEAK = "session-leak"
HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from models import Order

app = FastAPI()
maker = sessionmaker(create_engine("sqlite://"))
async_maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


"""
ROUTE = '@app.get("/total")\ndef total(of: int) -> int:\n'
ASYNC_ROUTE = '@app.get("/total")\nasync def total(of: int) -> int:\n'
READ = "    return session.scalars(select(Order.total).where(Order.id == of)).one()\n"


def given(root: Path, main: str) -> str:
    """What follows the head after the only repair; the reason where there is none."""
    write(root, {"main.py": HEAD + main, "models.py": MODELS})
    (found,) = proposals(root, LEAK)
    if hasattr(found, "reason"):
        return str(found.reason)
    apply(root, found)
    assert is_formatted(root, ["main.py"])
    return (root / "main.py").read_text().partition('aiosqlite://"))\n\n\n')[2]


@pytest.mark.parametrize(
    ("main", "after"),
    [
        (ROUTE + "    session = maker()\n" + READ, ROUTE + "    with maker() as session:\n    " + READ),
        (
            ASYNC_ROUTE + "    session = async_maker()\n    return (await session.scalars(select(Order.total))).first()\n",
            ASYNC_ROUTE + "    async with async_maker() as session:\n        return (await session.scalars(select(Order.total))).first()\n",
        ),
        # the rest of its block, with what is written there
        (
            ROUTE + "    if of:\n        session: Session = maker()\n\n        # all\n        text = \"\"\"a\n  b\"\"\"\n        print(text, session.get(Order, of))\n    return of\n",
            ROUTE + "    if of:\n        with maker() as session:\n            # all\n            text = \"\"\"a\n  b\"\"\"\n            print(text, session.get(Order, of))\n    return of\n",
        ),
        # a line that gets too long is broken
        (
            ROUTE + "    session = maker()\n    return session.scalars(select(Order.total).where(Order.id == of, Order.total > 1)).one()\n",
            ROUTE + "    with maker() as session:\n        return session.scalars(\n            select(Order.total).where(Order.id == of, Order.total > 1)\n        ).one()\n",
        ),
    ],
)  # fmt: skip
def test_a_with_closes_it(main: str, after: str, tmp_path: Path) -> None:
    assert given(tmp_path, main) == after


USER = '\n\n@app.get("/total")\ndef total(of: int, session: Session = Depends(get_db)) -> int:\n' + READ


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def get_db() -> Session:\n    return maker()\n",
            "def get_db() -> Iterator[Session]:\n    with maker() as session:\n        yield session\n",
        ),
        (
            'def get_db():\n    """One a request."""\n    db = maker()\n    return db\n',
            'def get_db():\n    """One a request."""\n    with maker() as db:\n        yield db\n',
        ),
        (
            "def get_db() -> AsyncSession:\n    return async_maker()\n",
            "async def get_db() -> AsyncIterator[AsyncSession]:\n    async with async_maker() as session:\n        yield session\n",
        ),
    ],
)
def test_a_dependency_yields_it(before: str, after: str, tmp_path: Path) -> None:
    assert given(tmp_path, before + USER) == after + USER
    text = (tmp_path / "main.py").read_text()
    assert ("from collections.abc import" in text) is ("Iterator" in after)


@pytest.mark.parametrize(
    ("main", "words"),
    [
        ("session = maker()\n\n\n" + ROUTE + READ, "shared by all requests"),
        ("def get_db():\n    with maker() as db:\n        yield db\n\n\n" + ROUTE + "    session = next(get_db())\n" + READ, "take it as a parameter"),
        (ROUTE + "    try:\n        session = maker()\n        found = session.get(Order, of)\n    finally:\n        session.expunge_all()\n    return found.id\n", "outside of the block"),
        ("def get_db():\n    return maker()\n" + USER + "\n\ndef job() -> None:\n    with get_db() as db:\n        print(db.get(Order, 1))\n", "also called in main.py"),
        ("def get_db():\n    print(1)\n    return maker()\n" + USER, "does more than to open"),
        ("def get_db():\n    # one\n    return maker()  # each\n" + USER, "a comment"),
    ],
)  # fmt: skip
def test_left_to_a_person(main: str, words: str, tmp_path: Path) -> None:
    assert words in given(tmp_path, main)
