"""Fan-outs, sessions, waits for other servers, and what a loop carries from turn to turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import Project, read
from pitstop.project.carried import carries
from pitstop.project.facts import For
from pitstop.project.fanout import fan_outs
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import walk

HEAD = """
import asyncio
import anyio
import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
client = httpx.AsyncClient()
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))
KEYS = ("a", "b")
async def one(key): return await client.get(key)
async def own(key):
    async with maker() as db: return await db.scalar(text("SELECT 1"))
async def shared(db: AsyncSession, key): return await db.scalar(text("SELECT 1"))
async def below(key): return await own(key)
async def rarely(key):
    if key: return await one(key)
"""


def project(folder: Path, text: str = "") -> Project:
    (folder / "app.py").write_text(HEAD + text)
    return read(folder, cache=False)


def function(root: Project, name: str) -> FunctionInfo:
    return root.index.functions[f"app.{name}"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await asyncio.gather(*(one(k) for k in keys))", [True]),
        ("await asyncio.gather(*[asyncio.create_task(one(k)) for k in keys])", [True]),
        ("await asyncio.wait([asyncio.ensure_future(one(k)) for k in keys])", [True]),
        ("waiting = [one(k) for k in keys]\n    await asyncio.gather(*waiting)", [True]),
        (
            "waiting = []\n    for k in keys: waiting.append(one(k))\n    await asyncio.gather(*waiting)",
            [True],
        ),
        (
            "waiting = []\n    waiting.extend(one(k) for k in keys)\n    await asyncio.gather(*waiting)",
            [True],
        ),
        ("async with asyncio.TaskGroup() as g:\n        for k in keys: g.create_task(one(k))", [True]),
        ("async with anyio.create_task_group() as g:\n        for k in keys: g.start_soon(one, k)", [True]),
        ("for k in keys:\n        async with asyncio.TaskGroup() as g: g.create_task(one(k))", []),
        ("await asyncio.gather(one(1), one(2))", [False, False]),
        ("await asyncio.gather(*(one(k) for k in KEYS))", [False]),
        ("await asyncio.gather(*(one(k) for k in keys[:10]))", [False]),
        ("await asyncio.gather(*(one(k) for k in keys[10:]))", [True]),
        ("await asyncio.gather(*(one(k) for k in settings.keys_to_ask))", [False]),
        ("return [await one(k) for k in keys]", []),
    ],
)
def test_tasks_of_a_fan_out_and_whether_the_data_decides_how_many(
    tmp_path: Path, body: str, expected: list[bool]
) -> None:
    root = project(tmp_path, f"async def go(keys, settings=None):\n    {body}\n")
    found = list(fan_outs(root.types, function(root, "go")))
    assert [task.loop is not None for fan_out in found for task in fan_out.tasks] == expected


@pytest.mark.parametrize(("name", "owned"), [("own", True), ("below", True), ("shared", False)])
def test_whose_session_is_used(tmp_path: Path, name: str, owned: bool) -> None:
    root = project(tmp_path)
    found = root.sessions.below(function(root, name))
    assert found is not None
    assert root.sessions.owned(*found) is owned


def test_a_function_that_uses_no_session_has_none(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert root.sessions.below(function(root, "one")) is None


def test_a_wait_in_a_branch_is_not_one_on_every_way(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert root.waits.below(function(root, "one"), always=True) is not None
    assert root.waits.below(function(root, "rarely"), always=True) is None
    found = root.waits.below(function(root, "rarely"))
    assert found is not None
    assert found[1].category == "http"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("found.append(ask(x))", False),
        ("found[x] = ask(x)", False),
        ("total += ask(x)", False),
        ("y = ask(x); found.append(y)", False),
        ("x.name = ask(x); found.append(x)", False),
        ("last = ask(x, last)", True),
        ("found.append(ask(x, found))", True),
        ("y = ask(x, found); found.append(y)", True),
        ("y = ask(x); known = [f for f in found if f == y]; found.append(y)", True),
        ("if ask(last): pass\n        last = x", True),
    ],
)
def test_what_a_turn_carries_to_the_next(tmp_path: Path, body: str, expected: bool) -> None:
    root = project(tmp_path, f"def go(xs, found, total, last):\n    for x in xs:\n        {body}\n")
    loop = next(s for s in walk(function(root, "go").node.body) if isinstance(s, For))
    assert carries(loop) is expected


def test_a_fan_out_that_no_route_leads_to_is_possible_only_where_it_takes_from_the_pool(
    tmp_path: Path,
) -> None:
    from pitstop.problems.async_.unbounded_gather.rule import find

    root = project(
        tmp_path,
        "async def pooled(keys): await asyncio.gather(*(own(k) for k in keys))\n"
        "async def asking(keys): await asyncio.gather(*(one(k) for k in keys))\n",
    )
    assert [(f.confidence, f.location.symbol) for f in find(root)] == [("possible", "app.pooled")]
