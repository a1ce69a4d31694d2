"""The probe on each Python that this machine has: what needs the standard library only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .runner import Runner
from .test_clock import CHECKS

VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]

FRAMEWORK = """
class Starlette:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    async def __call__(self, scope, receive, send):
        await self.endpoint(scope)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
        await send({"type": "http.response.body", "body": b"done"})
"""
APP = """
import asyncio
import random
import time
import uuid
from datetime import datetime

drawn = []


async def endpoint(scope):
    if scope["path"] == "/block":
        pause()  # calls
    else:
        await asyncio.sleep(0.1)
    drawn.append((str(uuid.uuid4()), str(datetime.now()), random.random()))


def pause():
    time.sleep(0.15)  # blocks
"""
DRIVE = """
import asyncio, sys
sys.path.insert(0, {vendor!r})
from starlette.applications import Starlette
import own

async def receive():
    return {{"type": "http.request", "body": b"", "more_body": False}}

async def send(message):
    pass

async def main():
    app = Starlette(own.endpoint)
    for path in ("/block", "/wait"):
        await app({{"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}}, receive, send)

asyncio.run(main())
print(own.drawn)
"""


def interpreter(version: str) -> str:
    """A Python of this version: one that starts, from pyenv or the path."""
    found = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if found:
        return str(found[-1])
    on_path = shutil.which(f"python{version}")
    if on_path is None:
        pytest.skip(f"there is no Python {version} on this machine")
    return on_path


@pytest.mark.parametrize("version", VERSIONS)
def test_records(runner: Runner, version: str) -> None:
    python = interpreter(version)
    vendor = runner.folder / "vendor" / "starlette"
    vendor.mkdir(parents=True)
    (vendor / "__init__.py").write_text("")
    (vendor / "applications.py").write_text(FRAMEWORK)
    runner.write("own.py", APP)
    block, calls = runner.line("own.py", "blocks"), runner.line("own.py", "calls")
    outputs = set()
    for _ in range(2):
        run = runner.script(
            DRIVE.format(vendor=str(vendor.parent)),
            python=python,
            watchdog_ms=50,
            seed=7,
            epoch=1_700_000_000,
            hits={"own.py": [block, calls]},
            databases=["sqlite"],
        )
        assert not run.faults
        assert not run.skipped
        outputs.add(runner.output)
        blocked, waited = run.exchanges
        assert run.processes[0].python.startswith(version + ".")
        assert blocked.body == b"done"
        assert [runner.lines_of(run, 0, each.stack) for each in blocked.blocks] == [
            [("own.py", block), ("own.py", calls)]
        ]
        assert waited.blocks == ()
        assert set(blocked.lines) == {("own.py", block), ("own.py", calls)}
        assert waited.lines == ()
    assert len(outputs) == 1


LOOKED_INTO = """
import functools
from pathlib import Path

@functools.lru_cache(maxsize=None)
def once():
    return 1

async def endpoint(scope):
    if scope["type"] == "http":
        once()
        data = Path(__file__).with_name("data.bin").read_bytes() * 4
        endpoint.kept = data  # holds
"""
BOTH = """
class Starlette:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "\u00e9"})
            assert (await receive())["code"] == 1001
            return
        await self.endpoint(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})
"""
TALK = """
import asyncio, sys
sys.path.insert(0, {vendor!r})
from starlette.applications import Starlette
import own

async def main():
    messages = [{{"type": "websocket.connect"}}, {{"type": "websocket.disconnect", "code": 1001}}]
    async def receive():
        return messages.pop(0)
    async def send(message):
        pass
    app = Starlette(own.endpoint)
    for kind in ("http", "websocket"):
        await app({{"type": kind, "method": "GET", "path": "/x", "query_string": b"", "headers": []}}, receive, send)

asyncio.run(main())
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_connections_memory_files_and_caches(runner: Runner, version: str) -> None:
    vendor = runner.folder / "vendor" / "starlette"
    vendor.mkdir(parents=True)
    (vendor / "__init__.py").write_text("")
    (vendor / "applications.py").write_text(BOTH)
    runner.write("own.py", LOOKED_INTO)
    (runner.root / "data.bin").write_bytes(b"x" * (1 << 20))
    run = runner.script(
        TALK.format(vendor=str(vendor.parent)),
        python=interpreter(version),
        memory=True,
        files=True,
        caches=True,
    )
    assert not run.faults
    request, connection = run.exchanges
    assert request.memory is not None
    assert request.memory.peak_bytes >= 4 << 20
    assert request.memory.path == "own.py"
    assert [(file.path, file.bytes) for file in request.files] == [("data.bin", 1 << 20)]
    assert [(cache.name, cache.hits, cache.misses) for cache in run.caches] == [("once", 0, 1)]
    assert (connection.status, connection.close_code, connection.messages_out) == (101, 1001, 1)
    assert connection.response_bytes == 2


WITH_STACK = """
class Starlette:
    middleware_stack = None

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.built = 0

    def build_middleware_stack(self):
        self.built += 1
        return self.endpoint

    async def __call__(self, scope, receive, send):
        {before}
        scope["app"] = self
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        await self.middleware_stack(scope, receive, send)
"""
ECHO = """
import sys

async def endpoint(scope, receive, send):
    if scope["path"] == "/bad":
        raise ValueError("bad")  # raised
    frame, around = sys._getframe(), []
    while frame is not None:
        around.append(frame.f_code.co_name)
        frame = frame.f_back
    assert scope["app"].built == 1
    assert ("__call__" in around) is {called}, around
    body = (await receive())["body"]
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": body * 2}})
"""
ASK = """
import asyncio, sys
sys.path.insert(0, {vendor!r})
from starlette.applications import Starlette
import own

async def receive():
    return {{"type": "http.request", "body": b"asked", "more_body": False}}

async def send(message):
    pass

async def main():
    app = Starlette(own.endpoint)
    for path in ("/x", "/bad", "/y"):
        try:
            await app({{"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}}, receive, send)
        except ValueError:
            assert path == "/bad"

asyncio.run(main())
"""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("before", ["", "scope = {**scope}"])
def test_what_starlette_does_is_called_only_where_it_does_something_else(
    runner: Runner, version: str, before: str
) -> None:
    vendor = runner.folder / "vendor" / "starlette"
    vendor.mkdir(parents=True)
    (vendor / "__init__.py").write_text("")
    (vendor / "applications.py").write_text(WITH_STACK.format(before=before))
    runner.write("own.py", ECHO.format(called=bool(before)))
    run = runner.script(ASK.format(vendor=str(vendor.parent)), python=interpreter(version), seed=7)
    assert not run.faults
    told = [(each.path, each.status, each.body, each.request_bytes, each.error) for each in run.exchanges]
    assert told == [
        ("/x", 200, b"askedasked", 5, ""),
        ("/bad", 0, b"", 0, "builtins.ValueError"),
        ("/y", 200, b"askedasked", 5, ""),
    ]
    raised = runner.lines_of(run, 1, run.exchanges[1].error_stack)
    assert raised == [("own.py", runner.line("own.py", "raised"))]


@pytest.mark.parametrize("version", VERSIONS)
def test_clock_and_chance(runner: Runner, version: str) -> None:
    python = interpreter(version)
    outputs = set()
    for _ in range(2):
        run = runner.script(CHECKS, python=python, seed=1, epoch=1_700_000_000)
        assert not run.faults
        outputs.add(runner.output)
    assert len(outputs) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_compiles(runner: Runner, version: str) -> None:
    runner.out.mkdir()
    runner.run("-m", "compileall", "-q", str(runner.probe), python=interpreter(version))
