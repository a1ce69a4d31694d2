"""`await-in-loop`: turns that become coroutines of their own, and turns that may need each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Declined, Patch

from .trees import apply, is_formatted, patched, proposals, reason, write

NAME = "await-in-loop"
HEAD = """\
import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
client = httpx.AsyncClient()


class Release(BaseModel):
    url: str
    notes: str = ""


class Audit:
    def note(self, text: str) -> None: ...


audit = Audit()


@app.post("/texts")
"""


def mended(root: Path, handler: str) -> str:
    """What becomes of a handler, and that it is laid out as the formatter would."""
    write(root, {"main.py": HEAD + handler})
    patched(root, NAME)
    after = (root / "main.py").read_text("utf-8")
    assert after.startswith("import asyncio\n\nimport httpx\n")
    assert is_formatted(root, ["main.py"])
    return after.partition('@app.post("/texts")\n')[2]


def declined(root: Path, handler: str) -> str:
    return reason(write(root, {"main.py": HEAD + handler}), NAME)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """\
async def texts(urls: list[str]) -> list[str]:
    return [(await client.get(url)).text for url in urls if url]
""",
            """\
async def texts(urls: list[str]) -> list[str]:
    semaphore = asyncio.Semaphore(10)

    async def fetch_url(url: str) -> str:
        async with semaphore:
            return (await client.get(url)).text

    return await asyncio.gather(*(fetch_url(url) for url in urls if url))
""",
            id="a list comprehension",
        ),
        pytest.param(
            """\
async def texts(urls: list[str]) -> int:
    found = {url: await client.get(url) for url in urls}
    return len(found)
""",
            """\
async def texts(urls: list[str]) -> int:
    semaphore = asyncio.Semaphore(10)

    async def fetch_url(url: str):
        async with semaphore:
            return url, await client.get(url)

    found = dict(await asyncio.gather(*(fetch_url(url) for url in urls)))
    return len(found)
""",
            id="a dictionary comprehension",
        ),
        pytest.param(
            """\
async def texts(urls: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}

    # one after the other
    for name, url in urls.items():
        # the whole of it
        answer = await client.get(
            url, params={"a long parameter": "a long value", "another one": name}
        )
        answer.raise_for_status()
        found[name] = answer.text  # kept
    return found
""",
            """\
async def texts(urls: dict[str, str]) -> dict[str, str]:
    # one after the other
    semaphore = asyncio.Semaphore(10)

    async def fetch_name(name, url) -> tuple[str, str]:
        # the whole of it
        async with semaphore:
            answer = await client.get(
                url, params={"a long parameter": "a long value", "another one": name}
            )
        answer.raise_for_status()
        return name, answer.text  # kept

    return dict(
        await asyncio.gather(*(fetch_name(name, url) for name, url in urls.items()))
    )
""",
            id="a loop that fills a dictionary",
        ),
        pytest.param(
            """\
async def texts(releases: list[Release]) -> list[Release]:
    try:
        for release in releases:
            if release.notes:
                continue
            try:
                answer = await client.get(release.url)
            except httpx.HTTPError as error:
                print(error)
                continue
            for line in answer.text.splitlines():
                if not line:
                    continue
                release.notes += line
        return releases
    except httpx.InvalidURL as error:
        print(error)
        return []
""",
            """\
async def texts(releases: list[Release]) -> list[Release]:
    try:
        semaphore = asyncio.Semaphore(10)

        async def fetch_release(release: Release) -> None:
            if release.notes:
                return
            try:
                async with semaphore:
                    answer = await client.get(release.url)
            except httpx.HTTPError as error:
                print(error)
                return
            for line in answer.text.splitlines():
                if not line:
                    continue
                release.notes += line

        await asyncio.gather(*(fetch_release(release) for release in releases))
        return releases
    except httpx.InvalidURL as error:
        print(error)
        return []
""",
            id="a loop that changes its items",
        ),
        pytest.param(
            """\
async def texts(urls: list[str]) -> list[str]:
    semaphore = 1
    found: list[str] = []
    for u in urls:
        found.append((await client.get(u, params={"n": semaphore})).text)
    if not found:
        raise HTTPException(404)
    return found
""",
            """\
async def texts(urls: list[str]) -> list[str]:
    semaphore = 1
    few_at_once = asyncio.Semaphore(10)

    async def fetch_one(u: str) -> str:
        async with few_at_once:
            return (await client.get(u, params={"n": semaphore})).text

    found: list[str] = await asyncio.gather(*(fetch_one(u) for u in urls))
    if not found:
        raise HTTPException(404)
    return found
""",
            id="a list that is looked at later",
        ),
    ],
)
def test_turns_become_coroutines(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, before) == after


def test_several_waits_of_a_turn_stand_under_one_semaphore(tmp_path: Path) -> None:
    before = """\
async def texts(urls: list[str], known: list[dict]) -> list[dict]:
    for place, url in enumerate(urls):
        head = await client.head(url)
        if head.is_success:
            answer = await client.get(url, params={"place": place})
        else:
            answer = head
        known.append(
            {
                "text": answer.text,
            }
        )
    known.append({})
    return known
"""
    after = """\
async def texts(urls: list[str], known: list[dict]) -> list[dict]:
    semaphore = asyncio.Semaphore(10)

    async def fetch_url(place, url):
        async with semaphore:
            head = await client.head(url)
            if head.is_success:
                answer = await client.get(url, params={"place": place})
            else:
                answer = head
            return {
                "text": answer.text,
            }

    known.extend(
        await asyncio.gather(*(fetch_url(place, url) for place, url in enumerate(urls)))
    )
    known.append({})
    return known
"""
    write(tmp_path, {"main.py": HEAD + before})
    # Each call is a finding; the repair of one mends the other.
    first, second = proposals(tmp_path, NAME)
    assert isinstance(first, Patch)
    assert isinstance(second, Patch)
    assert first.changes == second.changes
    apply(tmp_path, first)
    text = (tmp_path / "main.py").read_text("utf-8")
    assert text.partition('@app.post("/texts")\n')[2] == after


LOOP = """\
async def texts(urls: list[str], known: dict[str, str]) -> list[str]:
    found = []
    for url in urls:
        answer = await client.get(url)
        {line}
        found.append(answer.text)
    return found
"""


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("audit.note(url)", "`audit.note` may need the turns in their order"),
        ("known[url] = answer.text", "each turn changes `known[url]`"),
        ("if not answer.text:\n            continue", "a turn may end before it has collected anything"),
        ('await client.post("http://audit", json=url)', "may change something at the other side"),
        ("import os", "the loop defines, imports or deletes names"),
        ("del answer.headers", "the loop defines, imports or deletes names"),
    ],
)
def test_turns_that_may_need_each_other_are_left(line: str, because: str, tmp_path: Path) -> None:
    found = proposals(write(tmp_path, {"main.py": HEAD + LOOP.replace("{line}", line)}), NAME)
    assert found
    for each in found:
        assert isinstance(each, Declined)
        assert because in each.reason


@pytest.mark.parametrize(
    ("handler", "because"),
    [
        (
            """\
async def texts(urls: list[str]) -> str:
    found = []
    for url in urls:
        answer = await client.get(url)
        found.append(answer.text)
    return answer.text
""",
            "`answer` of the last turn is read after the loop",
        ),
        (
            """\
async def texts(urls: list[str], answer: str) -> list[str]:
    found = []
    for url in urls:
        if url:
            answer = (await client.get(url)).text
        found.append(answer)
    return found
""",
            "`answer` may come from outside of the loop",
        ),
        (
            """\
async def texts(urls: list[str]) -> list[str]:
    found = []
    try:
        for url in urls:
            found.append((await client.get(url)).text)
    except httpx.HTTPError:
        pass
    return found
""",
            "after an error `found` may be used with what was collected by then",
        ),
        (
            """\
async def texts(urls: list[str]) -> list[str]:
    found = []
    for url in urls:  # slow
        found.append((await client.get(url)).text)
    return found
""",
            "a comment in its header",
        ),
        (
            """\
async def texts(urls: list[str]) -> int:
    size = 0
    for url in urls:
        size += len((await client.get(url)).text)
    return size
""",
            "each turn changes `size`",
        ),
        (
            """\
async def texts(urls: list[str]) -> list[str]:
    if len([await client.get(url) for url in urls]) > 1:
        return urls
    return []
""",
            "stands where nothing can be put before it",
        ),
    ],
)
def test_loops_that_are_left(handler: str, because: str, tmp_path: Path) -> None:
    assert because in declined(tmp_path, handler)
