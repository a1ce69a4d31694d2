"""A pool of connections on a real PostgreSQL under load: by Little's law it is said when it is exhausted, and then it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pitstop.data import Report
from tests.road.command import Home
from tests.road.service import write

pytestmark = pytest.mark.xdist_group("road-pools")

MAIN = """\
    import os

    from fastapi import Depends, FastAPI
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    engine = create_async_engine(os.environ["DATABASE_URL"], pool_pre_ping=True, pool_size=2, max_overflow=1)
    app = FastAPI()


    async def session():
        async with AsyncSession(engine) as db:
            yield db


    @app.get("/slow")
    async def slow(db: AsyncSession = Depends(session)) -> int:
        return await db.scalar(text("SELECT 1 FROM pg_sleep(0.1)"))
"""


def measured(home: Home, root: Path, url: str, rate: float) -> Report:
    """A run with so many requests a second."""
    arguments = ("--app", "main:app", "--requests", str(root.parent / "requests.jsonl"), "--database", url)
    at_rate = ("--serve", "--rate", f"{rate:g}", "--seconds", "4", "--format", "json")
    return home.run("measure", str(root), *arguments, *at_rate).report()


def test_a_pool_is_exhausted_at_the_rate_that_was_said(home: Home, tmp_path: Path, postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    (tmp_path / "requests.jsonl").write_text(json.dumps({"method": "GET", "path": "/slow"}) + "\n")
    start = 'FROM python:3.12\nCMD ["uvicorn", "main:app", "--workers", "20"]\n'
    root = write(tmp_path / "service", {"main.py": MAIN, "Dockerfile": start})

    calm = measured(home, root, url, 6)
    (pool,) = calm.pools
    assert (pool.kind, pool.system, pool.path) == ("AsyncAdaptedQueuePool", "postgresql", "main.py")
    assert (pool.size, pool.overflow, pool.connections) == (2, 1, 3)
    assert (pool.workers, pool.workers_at, pool.server_limit) == (20, "Dockerfile", 57)
    (route,) = pool.routes
    assert (route.route, route.at_once) == ("GET /slow", 1)
    assert route.held_ms >= 100
    assert route.full_per_s is not None
    assert route.full_per_s == pytest.approx(3 / route.held_ms * 1000)
    assert route.waited <= route.requests / 10
    assert [f.message for f in calm.findings if f.problem == "pool-misfit"] == [
        "the pools of all processes may open 60 connections, and the server takes 57"
    ]

    busy = measured(home, root, url, 2 * route.full_per_s)
    (pool,) = busy.pools
    assert pool.routes[0].waited > pool.routes[0].requests / 2
    assert {f.message for f in busy.findings if f.problem == "pool-misfit"} == {
        "the pools of all processes may open 60 connections, and the server takes 57",
        "all 3 connections of the engine's pool were taken under the load that was sent",
    }
