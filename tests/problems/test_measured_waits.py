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
