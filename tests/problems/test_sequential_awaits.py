"""`sequential-awaits`: waits that are started together, and those that could meet each other's effects."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, proposals, reason, write

NAME = "sequential-awaits"
HEAD = """\
import contextvars

import httpx
from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = httpx.AsyncClient()
model = AsyncOpenAI()
who = contextvars.ContextVar("who")
seen: dict[str, str] = {}


"""


def mended(root: Path, body: str, others: str = "") -> str:
    """What becomes of the body of a handler, and that it is laid out as the formatter would."""
    text = f'{HEAD}{others}@app.get("/trip/{{town}}")\nasync def trip(town: str) -> str:\n{body}'
    write(root, {"main.py": text})
    patched(root, NAME)
    after = (root / "main.py").read_text("utf-8")
    assert after.startswith("import asyncio\nimport contextvars\n")
    assert is_formatted(root, ["main.py"])
    return after.partition("async def trip(town: str) -> str:\n")[2]


def declined(root: Path, body: str, others: str = "") -> str:
    text = f'{HEAD}{others}@app.get("/trip/{{town}}")\nasync def trip(town: str) -> str:\n{body}'
    return reason(write(root, {"main.py": text}), NAME)


def test_all_neighbours_wait_together_and_what_needs_one_does_not(tmp_path: Path) -> None:
    body = """\
    a = await client.get("http://a")
    b = await client.get("http://b")
    c, d = await pair(town)
    e = await client.get(a.text)
    return e.text + b.text + c
"""
    others = """\
async def pair(town: str) -> tuple[str, str]:
    answer = await client.get(town)
    return answer.text, answer.text


"""
    text = f'{HEAD}{others}@app.get("/trip/{{town}}")\nasync def trip(town: str) -> str:\n{body}'
    given = proposals(write(tmp_path, {"main.py": text}), NAME)
    # (a, b), (b, pair) and (pair, e) are pairs; the first two make the same change.
    assert len(given) == 3
    first, second, third = (getattr(each, "diff", "") for each in given)
    gathered = """\
+    a, b, (c, d) = await asyncio.gather(
+        client.get("http://a"), client.get("http://b"), pair(town)
+    )
"""
    assert gathered in first
    assert gathered in second
    assert "+    b, (c, d), e = await asyncio.gather(\n" in third


def test_comments_stay_with_their_calls(tmp_path: Path) -> None:
    body = """\
    weather = await client.get("http://weather")  # slow
    # the second server

    hotels = await client.get(
        "http://hotels",
        params={"a long parameter": "a long value", "another long parameter": town},
    )
    return weather.text + hotels.text
"""
    assert (
        mended(tmp_path, body)
        == """\
    weather, hotels = await asyncio.gather(
        client.get("http://weather"),  # slow
        # the second server
        client.get(
            "http://hotels",
            params={"a long parameter": "a long value", "another long parameter": town},
        ),
    )
    return weather.text + hotels.text
"""
    )


def test_calls_of_several_lines_are_laid_out_anew(tmp_path: Path) -> None:
    body = """\
    try:
        title = await model.responses.create(
            model="small", input=f"A title for the following text, short: {town}"
        )
        summary = await model.responses.create(
            model="small", input=f"A summary of the following text, short: {town}"
        )
    except ValueError:
        return ""
    return title.output_text + summary.output_text
"""
    assert (
        mended(tmp_path, body)
        == """\
    try:
        title, summary = await asyncio.gather(
            model.responses.create(
                model="small", input=f"A title for the following text, short: {town}"
            ),
            model.responses.create(
                model="small", input=f"A summary of the following text, short: {town}"
            ),
        )
    except ValueError:
        return ""
    return title.output_text + summary.output_text
"""
    )


PAIR = """\
    a = await client.get("http://a")
    b = await other(town)
    return a.text + b
"""


@pytest.mark.parametrize(
    ("does", "because"),
    [
        (
            "    who.set(town)\n    return (await client.get(town)).text",
            "`other` sets a context variable, which a task of its own would keep to itself",
        ),
        (
            "    text = (await client.get(town)).text\n    note(text)\n    return text",
            "`note` changes `seen`, which the other calls may read",
        ),
        (
            "    answer = await client.get(town)\n    await client.post(town)\n    return answer.text",
            "`client.post` in `other` may change something at the other side, where order may matter",
        ),
        (
            "    text = (await client.get(town)).text\n    await save(text)\n    return text",
            "`save` uses a database session, which serves one at a time",
        ),
        (
            "    text = (await client.get(town)).text\n    keep(text)\n    return text",
            "`keep` changes `global` names",
        ),
    ],
)
def test_calls_that_may_meet_are_left(does: str, because: str, tmp_path: Path) -> None:
    others = f"""\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


def opened() -> AsyncSession:
    return AsyncSession(create_async_engine("sqlite+aiosqlite://"))


def note(text: str) -> None:
    seen.update(text=text)


def keep(text: str) -> None:
    global last
    last = text


async def save(text: str) -> None:
    async with opened() as session:
        await session.execute(text)


async def other(town: str) -> str:
{does}


"""
    assert declined(tmp_path, PAIR, others) == because


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (
            '    a: httpx.Response = await client.get("http://a")\n    b = await client.get("http://b")\n',
            "assigned in a way that says more than its name",
        ),
        (
            '    a = c = await client.get("http://a")\n    b = await client.get("http://b")\n',
            "assigned in a way that says more than its name",
        ),
        (
            '    a = await client.get("http://a"); b = await client.get("http://b")\n',
            "share their lines",
        ),
        (
            '    a = await client.get(\n        "http://a"  # slow\n    )\n    b = await client.get("http://b")\n',
            "holds comments or strings of several lines",
        ),
    ],
)
def test_ways_of_writing_that_are_left(body: str, because: str, tmp_path: Path) -> None:
    assert because in declined(tmp_path, body + "    return a.text + b.text\n")
