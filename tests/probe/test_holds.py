"""For how long requests hold connections of a pool, and what is told of the pool."""

from __future__ import annotations

import pytest

from .runner import Runner

SYNC = """
import time
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool
from sqlalchemy.orm import Session

SHARED = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 1, "pool_timeout": 7, "connect_args": {"check_same_thread": False}}
engine = create_engine("sqlite:///held.db", **SHARED)  # made
app = FastAPI()

def session():
    with Session(engine) as db:
        yield db

@app.get("/holds")
def holds(db: Session = Depends(session)):
    db.execute(text("SELECT 1"))
    time.sleep(0.1)

@app.get("/twice")
def twice():
    for _ in range(2):
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            time.sleep(0.05)
        time.sleep(0.1)

@app.get("/none")
def none():
    return 1

@app.get("/anew")
def anew():
    engine.dispose()
    with engine.connect():
        pass
"""
ASYNC = (
    SYNC.replace("import time", "import asyncio")
    .replace("time.sleep", "await asyncio.sleep")
    .replace("create_engine, text", "text")
    .replace("create_engine(", "create_async_engine(")
    .replace("sqlite:///", "sqlite+aiosqlite:///")
    .replace("QueuePool", "AsyncAdaptedQueuePool")
    .replace("from sqlalchemy.orm import Session", "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine")
    .replace("Session(engine)", "AsyncSession(engine)")
    .replace("db: Session", "db: AsyncSession")
    .replace("def ", "async def ")
    .replace("with ", "async with ")
    .replace("db.execute", "await db.execute")
    .replace("connection.execute", "await connection.execute")
    .replace("engine.dispose", "await engine.dispose")
)  # fmt: skip
APPS = {"sync": SYNC, "async": ASYNC}
DRIVE = """
import asyncio
import httpx
from held import app

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        for path in ("/none", "/holds", "/twice", "/anew"):
            await client.get(path)
        await asyncio.gather(*(client.get("/holds") for _ in range(3)))

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", APPS)
def test_how_long_and_of_which_pool(runner: Runner, kind: str) -> None:
    runner.write("held.py", APPS[kind])
    run = runner.script(DRIVE, phases=True)
    assert not run.faults
    none, holds, twice, anew, *others = run.exchanges
    assert none.holds == ()
    (held,) = holds.holds
    assert held.duration_ns >= 100e6
    assert held.waited_ns == 0
    first, second = twice.holds
    assert min(first.duration_ns, second.duration_ns) >= 50e6
    assert first.duration_ns + second.duration_ns <= twice.duration_ns - 200e6
    assert second.start_ns >= first.start_ns + first.duration_ns + 100e6
    (process,) = run.processes
    (pool,) = run.pools.values()
    assert {each.pool for exchange in run.exchanges for each in exchange.holds} == {pool.id}
    assert (pool.system, pool.size, pool.overflow, pool.timeout_s) == ("sqlite", 1, 1, 7)
    assert pool.kind == ("QueuePool" if kind == "sync" else "AsyncAdaptedQueuePool")
    frames = run.stacks[process.pid, pool.stack]
    assert (frames[0].path, frames[0].line) == ("held.py", runner.line("held.py", "made"))
    assert len(anew.holds) == 1
    waited = [each.waited_ns for exchange in others for each in exchange.holds]
    assert sorted(each > 0 for each in waited) == [False, False, True]
    assert sum(waited) == sum(
        wait.duration_ns for each in others for wait in each.waits if wait.kind == "connection wait"
    )


def test_a_connection_that_is_never_given_back(runner: Runner) -> None:
    runner.write(
        "held.py",
        SYNC
        + """
kept = []

@app.get("/keeps")
def keeps():
    kept.append(engine.connect())
""",
    )
    run = runner.requests("held:app", "GET /keeps")
    (exchange,) = run.exchanges
    (held,) = exchange.holds
    # Both ends are of one float each, in nanoseconds made whole.
    assert abs(held.start_ns + held.duration_ns - exchange.duration_ns) <= 1


def test_what_shares_one_connection_is_never_exhausted(runner: Runner) -> None:
    runner.write(
        "held.py",
        SYNC.replace("import QueuePool", "import StaticPool as QueuePool")
        .replace('"pool_size": 1, "max_overflow": 1, "pool_timeout": 7, ', "")
        .replace("sqlite:///held.db", "sqlite://"),
    )
    run = runner.requests("held:app", "GET /holds")
    assert not run.faults
    assert run.pools == {}
    assert run.exchanges[0].holds == ()
