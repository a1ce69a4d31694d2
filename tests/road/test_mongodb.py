"""A service that keeps its data in MongoDB: what it asks is told, and only a server that was named is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home

pytestmark = pytest.mark.xdist_group("road-mongodb")

MAIN = """
from fastapi import FastAPI
from pymongo import AsyncMongoClient

client = AsyncMongoClient("SERVER")
app = FastAPI()


@app.get("/items")
async def items() -> list[int]:
    found = client.shop.road.find({"n": {"$lt": 5}})
    return [each["n"] async for each in found]
"""
TEST = """
import asyncio

import httpx

from main import app, client


def test_items():
    async def ask():
        await client.shop.road.delete_many({})
        await client.shop.road.insert_many([{"n": n} for n in range(9)])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as sender:
            answer = await sender.get("/items")
        await client.close()
        return answer

    assert asyncio.run(ask()).json() == [0, 1, 2, 3, 4]
"""


def lay(root: Path, url: str) -> Path:
    root.mkdir()
    (root / "main.py").write_text(MAIN.replace("SERVER", url))
    (root / "test_items.py").write_text(TEST)
    (root / "conftest.py").write_text("")
    return root


def test_no_server_is_asked_that_was_not_named(home: Home, tmp_path: Path, mongodb_url: str) -> None:
    root = lay(tmp_path / "service", mongodb_url)
    ended = home.run("measure", str(root), "--app", "main:app")
    assert ended.code == 3
    assert f"the service wants the database {mongodb_url}/" in ended.err
    assert "--allow-mongodb HOST:PORT" in ended.err


def test_what_a_named_server_is_asked_is_told(home: Home, tmp_path: Path, mongodb_url: str) -> None:
    root = lay(tmp_path / "service", mongodb_url)
    server = mongodb_url.removeprefix("mongodb://")
    allowed = ("--app", "main:app", "--allow-mongodb", server)
    report = home.run("measure", str(root), *allowed, "--format", "json").report()
    (route,) = report.routes
    assert (route.route, route.commands, route.statements) == ("GET /items", 1, 0)
    assert 0 < route.commands_ms < route.p50_ms
    assert "mongodb" in {phase.kind for phase in route.phases}
    steps = [(step.kind, step.name, step.path) for request in report.slowest for step in request.steps]
    assert ("mongodb", "find road", "main.py") in steps
    said = home.run("measure", str(root), *allowed).out
    assert "commands ms" in said
    assert "mongodb" in said
