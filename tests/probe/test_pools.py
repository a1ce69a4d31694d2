"""Waiting for connections: of pools that have none left, and of those that are opened for a request."""

from __future__ import annotations

import pytest

from pitstop.traces.phases import phases_of

from .runner import Runner

SYNC = """
import time
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool
from sqlalchemy.orm import Session

engine = create_engine(
    "sqlite:///pool.db", poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
)
app = FastAPI()

def session():
    with Session(engine) as db:
        yield db

@app.get("/x")
def handler(db: Session = Depends(session)):
    value = db.execute(text("SELECT 1")).scalar()  # waits
    time.sleep(0.1)
    return value
"""
ASYNC = """
import asyncio
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_async_engine("sqlite+aiosqlite:///pool.db", poolclass=AsyncAdaptedQueuePool, pool_size=1, max_overflow=0)
app = FastAPI()

async def session():
    async with AsyncSession(engine) as db:
        yield db

@app.get("/x")
async def handler(db: AsyncSession = Depends(session)):
    value = (await db.execute(text("SELECT 1"))).scalar()  # waits
    await asyncio.sleep(0.1)
    return value
"""
DRIVE = """
import asyncio
import httpx
from pooled import app

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        await client.get("/x")
        await asyncio.gather(*(client.get("/x") for _ in range(3)))

asyncio.run(main())
"""


def one_after_the_other(waited: list[float], took: list[float]) -> None:
    """Each holds the one connection for 0.1 s, so it waited that much longer than the one before; a busy machine only adds to that."""
    first, second, third = sorted(waited)
    assert second - first > 90
    assert third - second > 90
    assert all(wait + 90 < whole for wait, whole in zip(waited, took, strict=True))


@pytest.mark.parametrize("app", [SYNC, ASYNC], ids=["sync", "async"])
def test_who_waits_for_a_pool(runner: Runner, app: str) -> None:
    runner.write("pooled.py", app)
    run = runner.script(DRIVE, phases=True)
    assert not run.faults
    first, *others = run.exchanges
    assert [wait.kind for wait in first.waits] == ["connect"]
    waited = [sum(wait.duration_ns for wait in each.waits) / 1e6 for each in others]
    one_after_the_other(waited, [each.duration_ns / 1e6 for each in others])
    assert {wait.kind for each in others for wait in each.waits} == {"connection wait"}
    position = max(
        range(len(run.exchanges)), key=lambda n: sum(w.duration_ns for w in run.exchanges[n].waits)
    )
    (wait,) = run.exchanges[position].waits
    assert ("pooled.py", runner.line("pooled.py", "waits")) in runner.lines_of(run, position, wait.stack)
    (phase,) = [phase for phase in phases_of(run, position) if phase.kind == "connection wait"]
    assert phase.own_ns == pytest.approx(wait.duration_ns, rel=0.05)


def test_a_pool_that_has_enough_costs_nobody_a_wait(runner: Runner) -> None:
    runner.write("pooled.py", SYNC.replace("pool_size=1", "pool_size=3"))
    run = runner.script(DRIVE, phases=True)
    assert {wait.kind for each in run.exchanges for wait in each.waits} <= {"connect"}


ASYNCPG = """
import asyncio, os
import asyncpg
from fastapi import FastAPI

app = FastAPI()
pools = []

@app.get("/x")
async def handler():
    if not pools:
        pools.append(await asyncpg.create_pool(os.environ["APP_DATABASE"], min_size=0, max_size=1))
    async with pools[0].acquire() as db:
        value = await db.fetchval("SELECT 1")
        await asyncio.sleep(0.1)
        return value
"""


def test_who_waits_for_a_pool_of_asyncpg(runner: Runner, postgres_url: str) -> None:
    runner.variables["APP_DATABASE"] = postgres_url
    runner.write("pooled.py", ASYNCPG)
    run = runner.script(DRIVE, phases=True)
    assert not run.faults
    kinds = [{phase.kind for phase in phases_of(run, n)} & {"connection wait", "connect"} for n in range(4)]
    assert "connect" in kinds[0]
    waited = [
        sum(phase.own_ns for phase in phases_of(run, n) if phase.kind == "connection wait") / 1e6
        for n in range(1, 4)
    ]
    one_after_the_other(waited, [each.duration_ns / 1e6 for each in run.exchanges[1:]])
