"""`redis-keys-command`: reads that become one, keys that are looked for in portions, and loops that are left."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Declined, Patch

from .trees import apply, is_formatted, proposals, write

NAME = "redis-keys-command"
HEAD = """\
import json

import redis
import redis.asyncio
from fastapi import FastAPI

app = FastAPI()
cache = redis.asyncio.Redis()
plain = redis.Redis()
spread = redis.RedisCluster()


@app.post("/sessions")
"""


def last(root: Path, handler: str) -> Patch | Declined:
    """What is proposed for the last finding: a walk over keys is one of its own."""
    return proposals(write(root, {"main.py": HEAD + handler}), NAME)[-1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """\
async def sessions(users: list[str]) -> list:
    return [await cache.get(f"session:{user}") for user in users if user]
""",
            """\
async def sessions(users: list[str]) -> list:
    return await cache.mget([f"session:{user}" for user in users if user])
""",
            id="a comprehension",
        ),
        pytest.param(
            """\
def sessions(users: list[str]) -> list:
    return [json.loads(plain.get(user) or "{}") for user in users]
""",
            """\
def sessions(users: list[str]) -> list:
    return [json.loads(value or "{}") for value in plain.mget(users)]
""",
            id="a comprehension that does more with each",
        ),
        pytest.param(
            """\
async def sessions(users: list[str]) -> dict:
    return {user: await cache.get(user) for user in users}
""",
            """\
async def sessions(users: list[str]) -> dict:
    return {user: value for user, value in zip(users, await cache.mget(users))}
""",
            id="a dictionary",
        ),
        pytest.param(
            """\
async def sessions(users: list[str]) -> list:
    return [await cache.hgetall(f"session:{user}") for user in users if user]
""",
            """\
async def sessions(users: list[str]) -> list:
    pipe = cache.pipeline(transaction=False)
    for user in users:
        if user:
            pipe.hgetall(f"session:{user}")
    return await pipe.execute()
""",
            id="other reads",
        ),
        pytest.param(
            """\
async def sessions(users: str) -> list:
    return [await cache.hgetall(user) for user in users.split(",")]
""",
            """\
async def sessions(users: str) -> list:
    pipe = cache.pipeline(transaction=False)
    for user in users.split(","):
        pipe.hgetall(user)
    return await pipe.execute()
""",
            id="parts of a text",
        ),
        pytest.param(
            """\
async def sessions(users: str) -> dict:
    return {user: await cache.get(user) for user in users.split(",")}
""",
            """\
async def sessions(users: str) -> dict:
    keys = users.split(",")
    return {user: value for user, value in zip(keys, await cache.mget(keys))}
""",
            id="parts of a text that are needed twice",
        ),
        pytest.param(
            """\
async def sessions(users: str) -> dict:
    names = users.split(",")
    return {user: await cache.exists(user) for user in names}
""",
            """\
async def sessions(users: str) -> dict:
    names = users.split(",")
    pipe = cache.pipeline(transaction=False)
    for user in names:
        pipe.exists(user)
    return {user: value for user, value in zip(names, await pipe.execute())}
""",
            id="parts of a text with a name",
        ),
        pytest.param(
            """\
def sessions(users: set[str]) -> None:
    for user in filter(None, users):
        print(user, plain.get(user))
""",
            """\
def sessions(users: set[str]) -> None:
    keys = list(filter(None, users))
    for user, value in zip(keys, plain.mget(keys)):
        print(user, value)
""",
            id="items that are made once",
        ),
        pytest.param(
            """\
async def sessions(prefix: str) -> list:
    found = []
    # every one of them
    async for key in cache.scan_iter(f"{prefix}:*"):
        session = await cache.get(key)
        if session is None:
            continue
        found.append((key, json.loads(session)))
    return found
""",
            """\
async def sessions(prefix: str) -> list:
    found = []
    # every one of them
    keys = [key async for key in cache.scan_iter(f"{prefix}:*")]
    for key, session in zip(keys, await cache.mget(keys)):
        if session is None:
            continue
        found.append((key, json.loads(session)))
    return found
""",
            id="keys that are looked for",
        ),
        pytest.param(
            """\
def sessions(users: str) -> int:
    total = 0
    for user in users.split(","):
        total += int(plain.hget(user, "visits") or 0)
    return total
""",
            """\
def sessions(users: str) -> int:
    total = 0
    pipe = plain.pipeline(transaction=False)
    for user in users.split(","):
        pipe.hget(user, "visits")
    for value in pipe.execute():
        total += int(value or 0)
    return total
""",
            id="a loop of other reads",
        ),
        pytest.param(
            """\
async def sessions(prefix: str) -> list:
    return sorted(await cache.keys(f"{prefix}:*"))
""",
            """\
async def sessions(prefix: str) -> list:
    return sorted({key async for key in cache.scan_iter(f"{prefix}:*", count=1000)})
""",
            id="sorted keys",
        ),
        pytest.param(
            """\
def sessions(key: str) -> list:
    found = plain.keys(pattern=f"{key}:*")
    return found
""",
            """\
def sessions(key: str) -> list:
    found = list(set(plain.scan_iter(f"{key}:*", count=1000)))
    return found
""",
            id="a list of keys",
        ),
        pytest.param(
            """\
async def sessions(prefix: str) -> None:
    for key in await cache.keys(f"{prefix}:*"):
        await cache.delete(key)
""",
            """\
async def sessions(prefix: str) -> None:
    async for key in cache.scan_iter(f"{prefix}:*", count=1000):
        await cache.delete(key)
""",
            id="keys that are removed",
        ),
        pytest.param(
            """\
async def sessions(key: str) -> None:
    await cache.delete(*await cache.keys(key))
""",
            """\
async def sessions(key: str) -> None:
    await cache.delete(*{found async for found in cache.scan_iter(key, count=1000)})
""",
            id="keys that are removed together",
        ),
    ],
)
def test_redis_is_asked_once(before: str, after: str, tmp_path: Path) -> None:
    patch = last(tmp_path, before)
    assert isinstance(patch, Patch), patch
    apply(tmp_path, patch)
    assert (tmp_path / "main.py").read_text("utf-8") == HEAD + after
    assert is_formatted(tmp_path, ["main.py"])


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (
            "    for user in users:\n        if await cache.get(user):\n            await cache.set(user, 1)",
            "the loop does more with `cache`",
        ),
        (
            "    for user in users:\n        if user:\n            print(await cache.get(user))",
            "not each turn reads",
        ),
        (
            "    for user in users:\n        if not user:\n            continue\n        print(await cache.get(user))",
            "not each turn reads",
        ),
        (
            "    for user in users:\n        print(user or await cache.get(user))",
            "not each turn reads",
        ),
        (
            '    for user in users:\n        key = "a:" + user\n        print(await cache.get(key))',
            "the key is worked out in the loop",
        ),
        (
            "    for user in users:\n        print(await cache.get(user))\n        await other(user)",
            "the loop waits for something else",
        ),
        ("    for user in users:\n        print(spread.get(user))", "have to share a slot"),
        ("    print(await cache.keys('*', target_nodes=None))", "given more than a pattern"),
        ("    print([key async for key in cache.scan_iter('*')])", "`SCAN` is the best"),
        (
            "    print({user: await cache.get(user) for user in filter(None, users)})",
            "it is not known that they can be gone through twice",
        ),
        (
            "    names = filter(None, users)\n    print({user: await cache.get(user) for user in names})",
            "it is not known that they can be gone through twice",
        ),
        (
            "    print(users and [await cache.get(user) for user in users])",
            "runs only under a condition",
        ),
    ],
)
def test_loops_that_are_left(body: str, because: str, tmp_path: Path) -> None:
    others = "async def other(user: str) -> None:\n    print(user)\n"
    given = last(tmp_path, f"async def sessions(users: list[str]) -> None:\n{body}\n\n\n{others}")
    assert isinstance(given, Declined), given
    assert because in given.reason
