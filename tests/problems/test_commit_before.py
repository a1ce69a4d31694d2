"""`transaction-over-io`: a commit before the call that waits, where only rows were read by then."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.problems import discover

from .choices import mended, refused
from .test_readmes import examples
from .trees import is_formatted, write

PROBLEM = "transaction-over-io"
OPTION = "commit"
HEAD = """\
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import requests
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
client = httpx.AsyncClient()
maker = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/trips"), expire_on_commit=False)
plain = sessionmaker(create_engine("postgresql://db/trips"), expire_on_commit=False)


class Base(DeclarativeBase): ...


class Trip(Base):
    __tablename__ = "trips"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]


async def session() -> AsyncIterator[AsyncSession]:
    async with maker() as opened:
        yield opened


def plain_session() -> Iterator[Session]:
    with plain() as opened:
        yield opened


async def user(db: AsyncSession = Depends(session)) -> str:
    return "me"


async def by_id(db: AsyncSession, trip_id: int) -> Trip:
    return (await db.scalars(select(Trip).where(Trip.id == trip_id))).one()


async def price(trip: Trip) -> int:
    return int((await client.get(f"https://prices.example/{trip.id}")).text)


"""
HANDLER = """\
@app.post("/trips/{trip_id}/close")
async def close(trip_id: int, db: AsyncSession = Depends(session), me: str = Depends(user)) -> int:
    trip = await by_id(db, trip_id)
    if trip.price:
        # what it costs today
        trip.price = await price(trip)
    await db.commit()
    return trip.price
"""
OWN = """\
@app.get("/trips/{trip_id}/price")
async def asked(trip_id: int) -> int:
    async with maker() as db:
        trip = await db.get_one(Trip, trip_id)
        return await price(trip)
"""
PLAIN = """\
@app.get("/trips/{trip_id}/told")
def told(trip_id: int, db: Session = Depends(plain_session)) -> int:
    trip = db.scalars(select(Trip).where(Trip.id == trip_id)).one()
    return requests.get(f"https://prices.example/{trip.id}", timeout=5).status_code
"""


def service(root: Path, body: str) -> Path:
    return write(root, {"main.py": HEAD + body})


def test_bad_becomes_good(tmp_path: Path) -> None:
    problem = discover()[PROBLEM]
    root = write(tmp_path, examples(problem, "Bad"))
    mended(root, PROBLEM, OPTION)
    assert {"app/main.py": (root / "app/main.py").read_text()} == examples(problem, "Good")
    for length in (88, 110):
        assert is_formatted(root, ["app/main.py"], length)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        (HANDLER, "        # what it costs today\n        await db.commit()\n        trip.price = await price(trip)\n"),
        (OWN, "        trip = await db.get_one(Trip, trip_id)\n        await db.commit()\n        return await price"),
        (PLAIN, ".one()\n    db.commit()\n    return requests.get("),
    ],
)  # fmt: skip
def test_the_commit_stands_before_the_call(body: str, before: str, tmp_path: Path) -> None:
    root = service(tmp_path, body)
    assert mended(root, PROBLEM, OPTION).count("\n+") == 2  # the name of the file, and the line
    assert before in (root / "main.py").read_text()


def test_it_is_proved_by_the_calls_that_are_made_meanwhile(tmp_path: Path) -> None:
    problem = discover()[PROBLEM]
    (fix,) = [choice.fix for choice in problem.choices if choice.option.name == OPTION]
    assert problem.rule is not None
    assert fix is not None
    read = project.read(service(tmp_path, HANDLER), cache=False)
    (finding,) = problem.rule(read)
    patch = fix(finding, read)
    assert (patch.aims, patch.routes) == (("held_calls",), ("POST /trips/{trip_id}/close",))


CALLER = """\
async def renew(db: AsyncSession, trip_id: int) -> None:
    trip = await by_id(db, trip_id)
    trip.price = await price(trip)


@app.post("/trips/{trip_id}/renew")
async def renewed(trip_id: int, db: AsyncSession = Depends(session)) -> None:
    await renew(db, trip_id)
    await db.commit()
"""


@pytest.mark.parametrize(
    ("body", "old", "new", "words"),
    [
        (CALLER, "", "", "`db` is given by the caller"),
        (HANDLER, "    if trip.price:", "    trip.price += 1\n    if trip.price:", "`trip.price` is changed before the call"),
        (HANDLER, "    if trip.price:", "    db.add(Trip(id=1, price=2))\n    if trip.price:", "something is changed before the call"),
        (HANDLER, "    if trip.price:", "    for _ in range(trip.price):", "stands in a loop"),
        (HANDLER, "by_id(db, trip_id)", "db.get(Trip, trip_id, with_for_update=True)", "speaks of a lock"),
        (HANDLER, "await by_id(db, trip_id)", "await by_id(db, trip_id)\n    rows = await db.stream_scalars(select(Trip))", "rows are streamed"),
        (OWN, "trip = await db.get_one(Trip, trip_id)\n        return await price(trip)", "return await price(await db.get_one(Trip, trip_id))", "begins in the statement that waits"),
        (PLAIN, "trip = db.scalars(select(Trip).where(Trip.id == trip_id)).one()", "trip = db.scalars(select(Trip))", "may be fetched only after it"),
    ],
)  # fmt: skip
def test_declined(body: str, old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in body
    assert words in refused(service(tmp_path, body.replace(old, new)), PROBLEM, OPTION)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (", expire_on_commit=False", "", "`expire_on_commit=False` is set nowhere"),
        ('return "me"', 'db.add(Trip(id=1, price=2))\n    return "me"', "`user`, which runs before, may have changed something"),
        ('return "me"', 'await db.execute("SET LOCAL app.tenant = 1")\n    return "me"', "settings of the transaction"),
        ('"postgresql+asyncpg://db/trips"', '"postgresql+asyncpg://db/trips", isolation_level="REPEATABLE READ"', "a snapshot of the whole transaction"),
        ("async with maker() as opened", "async with maker.begin() as opened", "main.py begins transactions by `maker.begin()`"),
    ],
)  # fmt: skip
def test_declined_for_what_stands_elsewhere(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in HEAD
    root = write(tmp_path, {"main.py": HEAD.replace(old, new) + HANDLER})
    assert words in refused(root, PROBLEM, OPTION)


def test_what_was_written_before_the_call_stays_in_its_transaction(tmp_path: Path) -> None:
    case = discover()[PROBLEM].folder / "cases" / "found_sync_route"
    root = write(tmp_path, {name: (case / name).read_text() for name in ("main.py", "models.py")})
    assert "rows were changed before the call" in refused(root, PROBLEM, OPTION)
