"""What detectors tell of waits for other servers, by services that really run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .live import Service, late_server


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """The URL of a server that answers late."""
    with late_server() as url:
        yield url


NEIGHBOURS = """\
import asyncio
import os

import httpx
from fastapi import FastAPI

OTHER = os.environ["OTHER"]
client = httpx.AsyncClient(base_url=OTHER)
app = FastAPI()


@app.get("/both/{one}/{two}")
async def both(one: int, two: int) -> list[int]:
    first = await client.get(f"/first/{one}")
    second = await client.get(f"/second/{two}")  # second
    return [first.status_code, second.status_code]


@app.get("/again")
async def again() -> list[list[int]]:
    return [await both(20, 20), await both(20, 20)]


@app.get("/together")
async def together() -> list[int]:
    first, second = await asyncio.gather(client.get("/first/20"), client.get("/second/30"))
    return [first.status_code, second.status_code]


@app.get("/needed")
async def needed() -> list[int]:
    first = await client.get("/first/20")
    second = await client.get(f"/second/{first.status_code - 170}")
    return [first.status_code, second.status_code]

"""


def test_two_waits_after_each_other_cost_the_shorter_one(tmp_path: Path, other: str) -> None:
    service = Service(tmp_path, {"main.py": NEIGHBOURS}, OTHER=other)
    paths = ["/both/60/20", "/both/20/30", "/again", "/together", "/needed"]
    run = service.asked(*(f"GET {path}" for path in paths), client="async")
    assert {each.confidence for each in service.detected("sequential-awaits", run)} == {"possible"}
    (line, evidence), (of_again, again) = service.measured("sequential-awaits", run)
    assert line == of_again == service.line("second")
    assert (again.route, again.figures["calls"], again.figures["requests"]) == ("GET /again", 4, 1)
    assert evidence.route == "GET /both/{one}/{two}"
    spared = [min(call.duration_ns for call in exchange.calls) / 1e6 for exchange in run.exchanges[:2]]
    assert evidence.figures == {"calls": 2, "requests": 2, "duration_ms": round(max(spared), 3)}
    assert evidence.text == (
        "GET /both/{one}/{two} waited here for one answer and only then asked for the other; both at once would have spared "
        f"{max(spared):.1f} ms in one request"
    )


def test_a_wait_that_is_too_short_to_be_worth_a_task_is_left(tmp_path: Path) -> None:
    files = {
        "main.py": NEIGHBOURS.replace(
            "base_url=OTHER",
            "base_url='http://other', transport=httpx.MockTransport(lambda request: httpx.Response(200))",
        )
    }
    assert not Service(tmp_path, files, OTHER="").told("sequential-awaits", "GET /both/60/20", client="async")


HOLDS = """\
import asyncio
import os
import time
from collections.abc import Iterator

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from outside import ask

engine = create_engine("sqlite:///rows.db", connect_args={"check_same_thread": False})
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@event.listens_for(engine, "connect")
def connected(connection, _record) -> None:
    connection.create_function("slow", 0, lambda: time.sleep(1))


Base.metadata.create_all(engine)


class Through:
    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)


app.add_middleware(Through)


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


def user(db: Session = Depends(session)) -> User | None:
    return db.scalars(select(User)).first()


@app.get("/here")
def here(db: Session = Depends(session)) -> int:
    db.scalars(select(User)).all()
    return httpx.get(os.environ["OTHER"] + "/here/20").status_code  # here


@app.get("/loaded")
async def loaded(who: User | None = Depends(user)) -> int:
    return await ask(20)  # loaded


@app.get("/written")
def written(db: Session = Depends(session)) -> int:
    db.add(User(name="a"))
    db.flush()
    answer = asyncio.run(ask(20))  # written
    db.commit()
    return answer


@app.get("/committed")
async def committed(db: Session = Depends(session)) -> int:
    db.scalars(select(User)).all()
    db.commit()
    return await ask(20) + len(db.scalars(select(User)).all())


@app.get("/before")
async def before(db: Session = Depends(session)) -> int:
    answer = await ask(20)
    return answer + len(db.scalars(select(User)).all())


@app.get("/after")
async def after() -> int:
    with Session(engine) as db:
        db.scalars(select(User)).all()
    return await ask(20)


@app.get("/short")
async def short(who: User | None = Depends(user)) -> int:
    return await ask(0)


@app.get("/beside")
async def beside(db: Session = Depends(session)) -> int:
    asked = asyncio.create_task(asyncio.to_thread(db.execute, select(func.slow())))
    await asyncio.sleep(0.2)
    answer = await ask(20)
    await asked
    return answer


kept = Session(engine)


@app.get("/kept")
async def of_another(number: int = 20) -> int:
    kept.scalars(select(User)).all()
    return await ask(number)
"""
OUTSIDE = """\
import os

import httpx


async def ask(ms: int) -> int:
    if not ms:
        transport = httpx.MockTransport(lambda request: httpx.Response(200))
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get("http://stand.in/")).status_code
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{os.environ['OTHER']}/asked/{ms}")).status_code
"""


def test_a_transaction_that_is_open_over_a_call_is_told_where_both_meet(tmp_path: Path, other: str) -> None:
    service = Service(tmp_path, {"main.py": HOLDS, "outside.py": OUTSIDE}, OTHER=other)
    paths = ["here", "loaded", "written", "committed", "before", "after", "short", "beside", "kept"]
    run = service.asked(*(f"GET /{path}" for path in paths))
    assert all(each.calls and each.statements and each.status == 200 for each in run.exchanges)
    found = {finding.routes[0]: finding for finding in service.detected("transaction-over-io", run)}
    places = {route: (each.location.path, each.location.line) for route, each in found.items()}
    assert places == {f"GET /{name}": ("main.py", service.line(name)) for name in paths[:3]}
    assert {finding.confidence for finding in found.values()} == {"certain"}
    assert [found[f"GET /{path}"].severity for path in paths[:3]] == ["medium", "medium", "high"]
    told = dict(service.measured("transaction-over-io", run))
    evidence = told[service.line("loaded")]
    call = run.exchanges[1].calls[0]
    assert evidence.figures == {"calls": 1, "requests": 1, "duration_ms": round(call.duration_ns / 1e6, 3)}
    assert "while the transaction was open that this statement began" in evidence.text
    assert evidence.statement.startswith("SELECT users.id")
    read = {finding.id for finding in service.read("transaction-over-io")}
    assert found["GET /here"].id in read
    assert found["GET /loaded"].id not in read


def test_where_statements_may_be_sent_outside_of_transactions_only_what_was_read_is_told(
    tmp_path: Path, other: str
) -> None:
    autocommit = HOLDS.replace(
        'create_engine("sqlite:///rows.db", ',
        'create_engine("sqlite:///rows.db", isolation_level="AUTOCOMMIT", ',
    )
    service = Service(tmp_path, {"main.py": autocommit, "outside.py": OUTSIDE}, OTHER=other)
    assert [line for line, _ in service.told("transaction-over-io", "GET /here", "GET /loaded")] == [
        service.line("here")
    ]


WIDE = """\
import asyncio
import os

import httpx
from fastapi import FastAPI, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///rows.db", pool_size=2, max_overflow=0)
sessions = async_sessionmaker(engine)
client = httpx.AsyncClient(base_url=os.environ["OTHER"])
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


async def ask(number: int) -> int:
    return (await client.get(f"/asked/{number}")).status_code


async def load(number: int) -> None:
    async with sessions() as session:
        await session.execute(select(User).where(User.id == number))
        await asyncio.sleep(0.05)


@app.get("/made")
async def made() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def read(session: AsyncSession, number: int) -> None:
    await session.execute(select(User).where(User.id == number))


@app.get("/shared")
async def shared() -> None:
    async with sessions() as session:
        await session.execute(select(User))
        await asyncio.gather(read(session, 1), read(session, 2), read(session, 3))  # shared


@app.get("/asked")
async def asked(ms: list[int] = Query()) -> list[int]:
    return await asyncio.gather(*(ask(number) for number in ms))  # asked


@app.get("/loaded")
async def loaded(ids: list[int] = Query()) -> None:
    await asyncio.gather(*[load(number) for number in ids])  # loaded


@app.get("/in-turn")
async def in_turn(ms: list[int] = Query()) -> list[int]:
    return [await ask(number) for number in ms]
"""


def test_how_many_were_under_way_at_once(tmp_path: Path, other: str) -> None:
    service = Service(tmp_path, {"main.py": WIDE}, OTHER=other)
    ms = [f"GET /asked?{'&'.join(['ms=300'] * count)}" for count in (4, 8)]
    ids = "&".join(f"ids={number}" for number in range(7))
    requests = ["GET /made", *ms, f"GET /loaded?{ids}", "GET /in-turn?" + "&".join(["ms=1"] * 8)]
    told = service.told("unbounded-gather", *requests, client="async")
    assert [line for line, _ in told] == [service.line("asked"), service.line("loaded")]
    of_calls, waits = (evidence for _, evidence in told)
    assert (of_calls.figures["at_once"], of_calls.figures["requests"]) == (8, 1)
    assert of_calls.text.startswith("GET /asked had 8 of them under way at once in one request (")
    assert waits.figures["waits"] == 5
    assert waits.text.startswith("GET /loaded waited for a connection of an exhausted pool 5 times here")


def test_statements_of_tasks_through_one_session(tmp_path: Path) -> None:
    service = Service(tmp_path, {"main.py": WIDE}, OTHER="http://other")
    requests = ["GET /made", "GET /shared", "GET /loaded?ids=1&ids=2&ids=3"]
    ((line, evidence),) = service.told("concurrent-use-of-one-session", *requests, client="async")
    assert line == service.line("shared")
    assert evidence.figures["statements"] == 3
    assert evidence.text.startswith("GET /shared sent 3 statements through this one session in one request (")


STORE = """\
import asyncio
import os

from fastapi import FastAPI, Query
from redis.asyncio import Redis

from cache import Cache

redis = Redis.from_url(os.environ["STORE"])
cache = Cache(redis)
app = FastAPI()


@app.get("/seen")
async def seen() -> int:
    found = await redis.keys("never:*")  # seen
    return len(found)


@app.get("/typed")
async def typed(names: list[str] = Query()) -> list[bytes | None]:
    return [await redis.get(f"guest:{name}") for name in names]  # typed


@app.get("/walked")
async def walked() -> list[bytes]:
    return [key async for key in redis.scan_iter("never:*")]  # walked


@app.get("/unseen")
async def unseen() -> int:
    return len(await cache.all())  # not here


@app.get("/each")
async def each(names: str) -> list[bytes | None]:
    found = []
    for name in names:
        found.append(await cache.one(name))  # each
    return found


@app.get("/polled")
async def polled() -> None:
    for _ in range(6):
        await cache.one("a")


@app.get("/together")
async def together(names: str) -> list[bytes | None]:
    return await asyncio.gather(*(cache.one(name) for name in names))


@app.get("/at-once")
async def at_once(names: str) -> list[bytes | None]:
    return await cache.many(names)


@app.get("/two")
async def two() -> None:
    await redis.get("guest:1")
    await redis.get("guest:2")
"""
CACHE = """\
class Cache:
    def __init__(self, client) -> None:
        self.client = client

    async def one(self, name):
        return await self.client.get(f"guest:{name}")

    async def all(self):
        return await self.client.keys("never:*")  # unseen

    async def many(self, names):
        return await self.client.mget([f"guest:{name}" for name in names])
"""


def test_commands_that_walk_over_keys_or_read_them_one_by_one(tmp_path: Path, redis_url: str) -> None:
    service = Service(tmp_path, {"main.py": STORE, "cache.py": CACHE}, STORE=redis_url)
    requests = [
        *(
            "/seen",
            "/typed?names=1&names=2&names=b",
            "/typed?names=1&names=2",
            "/walked",
            "/unseen",
            "/each?names=12345",
            "/each?names=12",
        ),
        *("/polled", "/together?names=12345678", "/at-once?names=12345678", "/two"),
    ]
    run = service.asked(*(f"GET {each}" for each in requests), client="async")
    assert all(exchange.status == 200 and exchange.commands for exchange in run.exchanges)
    found = service.detected("redis-keys-command", run)
    assert [(each.location.path, each.location.line) for each in found] == [
        ("main.py", service.line("seen")),
        ("main.py", service.line("typed")),
        ("main.py", service.line("walked")),
        ("cache.py", service.line("unseen", "cache.py")),
        ("main.py", service.line("each")),
    ]
    read = {finding.id for finding in service.read("redis-keys-command")}
    assert {finding.id in read for finding in found[:3]} == {True}
    assert {finding.id in read for finding in found[3:]} == {False}
    (_, typed), (_, each) = [
        one
        for one in service.measured("redis-keys-command", run)
        if one[0] in (service.line("typed"), service.line("each"))
    ]
    assert typed.figures["commands"] == 3
    assert typed.text.startswith("GET /typed sent `GET` 3 times here in one request (")
    assert each.text.startswith("GET /each sent `GET guest:?` 5 times here in one request (")


LEFT = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, close_all_sessions

engine = create_async_engine("sqlite+aiosqlite:///rows.db")
plain = create_engine("sqlite:///rows.db")
app = FastAPI()


@app.get("/left")
async def left() -> int:
    session = AsyncSession(engine)  # left
    return (await session.execute(text("SELECT 1"))).scalar_one()


@app.get("/ended")
async def ended() -> int:
    session = Session(plain)
    found = session.execute(text("SELECT 2")).scalar_one()
    close_all_sessions()
    return found


@app.get("/closed")
async def closed() -> int:
    async with AsyncSession(engine) as session:
        return (await session.execute(text("SELECT 3"))).scalar_one()
"""


def test_a_session_whose_transaction_outlives_its_request(tmp_path: Path) -> None:
    service = Service(tmp_path, {"main.py": LEFT})
    assert len(service.read("session-leak")) == 2
    ((line, evidence),) = service.told(
        "session-leak", "GET /left", "GET /ended", "GET /closed", client="async"
    )
    assert line == service.line("left")
    assert evidence.figures["statements"] == 1
    assert evidence.text.startswith(
        "GET /left ended with the transaction open that 1 statement from here stood in"
    )
