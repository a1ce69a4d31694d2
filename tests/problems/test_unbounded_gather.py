"""`unbounded-gather`: fan-outs that get a semaphore, and tasks that must run together."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

NAME = "unbounded-gather"
HEAD = """\
import asyncio

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

app = FastAPI()
client = httpx.AsyncClient()
engine = create_async_engine("sqlite+aiosqlite://")
arrived: asyncio.Queue[str] = asyncio.Queue()


async def size(url: str, twice: bool = False) -> int:
    answer = await client.get(url)
    return len(answer.content) * (1 + twice)


async def save(name: str) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(text("INSERT INTO names VALUES (:name)"), {"name": name})


async def relay(url: str) -> None:
    await arrived.put((await client.get(url)).text)


@app.post("/sizes")
"""


def mended(root: Path, handler: str) -> str:
    """What becomes of a handler, and that it is laid out as the formatter would."""
    write(root, {"main.py": HEAD + handler})
    patched(root, NAME)
    assert is_formatted(root, ["main.py"])
    return (root / "main.py").read_text("utf-8").partition('@app.post("/sizes")\n')[2]


def declined(root: Path, handler: str) -> str:
    return reason(write(root, {"main.py": HEAD + handler}), NAME)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """\
async def sizes(urls: list[str]) -> int:
    found = 0
    if tasks := [
        # all of them
        asyncio.create_task(size(url, twice=bool(url)))
        for url in urls
    ]:
        found = sum(await asyncio.gather(*tasks))
    return found
""",
            """\
async def sizes(urls: list[str]) -> int:
    found = 0
    semaphore = asyncio.Semaphore(10)

    async def limited_size(url: str) -> int:
        async with semaphore:
            return await size(url, twice=bool(url))

    if tasks := [
        # all of them
        asyncio.create_task(limited_size(url))
        for url in urls
    ]:
        found = sum(await asyncio.gather(*tasks))
    return found
""",
            id="tasks of a comprehension",
        ),
        pytest.param(
            """\
async def sizes(urls: list[str]) -> list[int]:
    tasks = []
    for place, url in enumerate(urls):
        full = url + "/"
        tasks.append(size(full, place > 1))
    return await asyncio.gather(*tasks)
""",
            """\
async def sizes(urls: list[str]) -> list[int]:
    tasks = []
    semaphore = asyncio.Semaphore(10)

    async def limited_size(full: str, place) -> int:
        async with semaphore:
            return await size(full, place > 1)

    for place, url in enumerate(urls):
        full = url + "/"
        tasks.append(limited_size(full, place))
    return await asyncio.gather(*tasks)
""",
            id="tasks collected in a loop",
        ),
        pytest.param(
            """\
async def sizes(names: list[str]) -> None:
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(save(name))
""",
            """\
async def sizes(names: list[str]) -> None:
    async with asyncio.TaskGroup() as group:
        semaphore = asyncio.Semaphore(5)

        async def limited_save(name: str) -> None:
            async with semaphore:
                await save(name)

        for name in names:
            group.create_task(limited_save(name))
""",
            id="a task group that writes to the database",
        ),
        pytest.param(
            """\
async def sizes(urls):
    return await asyncio.gather(
        *[asyncio.wait_for(size(url), timeout=5) for url in urls],
        return_exceptions=True,
    )
""",
            """\
async def sizes(urls):
    semaphore = asyncio.Semaphore(10)

    async def limited_size(url):
        async with semaphore:
            return await asyncio.wait_for(size(url), timeout=5)

    return await asyncio.gather(
        *[limited_size(url) for url in urls],
        return_exceptions=True,
    )
""",
            id="a limit of time for each",
        ),
    ],
)
def test_few_run_at_once(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, before) == after


def test_names_of_asyncio_are_imported_as_the_file_does(tmp_path: Path) -> None:
    text = """\
from asyncio import gather

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.post("/sizes")
async def sizes(urls: list[str]) -> int:
    return len(await gather(*(client.get(url) for url in urls)))
"""
    write(tmp_path, {"main.py": text})
    patched(tmp_path, NAME)
    after = (tmp_path / "main.py").read_text("utf-8")
    assert after.startswith("from asyncio import Semaphore, gather\n\nimport httpx\n")
    assert "    semaphore = Semaphore(10)\n\n    async def limited_get(url: str):\n" in after


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (
            "    await asyncio.gather(*(relay(url) for url in urls))",
            "`relay` may wait for what another of the tasks does",
        ),
        (
            "    await asyncio.wait([asyncio.create_task(size(url)) for url in urls], timeout=9)",
            "the tasks have a limit of time together",
        ),
        (
            "    async with asyncio.timeout(9):\n        await asyncio.gather(*(size(url) for url in urls))",
            "the tasks have a limit of time together",
        ),
        (
            "    await asyncio.wait_for(asyncio.gather(*(size(url) for url in urls)), 9)",
            "the tasks have a limit of time together",
        ),
        (
            "    await asyncio.gather(*[size(url, await arrived.get() == url) for url in urls])",
            "worked out in a way that cannot be moved",
        ),
        (
            "    if not urls:\n        return\n    elif await asyncio.gather(*(size(url) for url in urls)):\n        return",
            "made where nothing can be put before them",
        ),
    ],
)
def test_tasks_that_are_left(body: str, because: str, tmp_path: Path) -> None:
    assert because in declined(tmp_path, f"async def sizes(urls: list[str]) -> None:\n{body}\n")


def test_relationships_of_objects_are_left(tmp_path: Path) -> None:
    handler = """\
async def sizes(names: list[str]) -> int:
    return len(await asyncio.gather(*(flat(name) for name in names)))


async def flat(row) -> str:
    return await row.awaitable_attrs.name
"""
    assert "may share one session" in declined(tmp_path, handler)
