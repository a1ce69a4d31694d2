"""The lock-step with a coordinator."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .runner import Runner

Answer = Callable[[dict[str, Any]], list[dict[str, Any]]]


class Coordinator:
    """Answers one process, and keeps all that it says."""

    def __init__(self, path: Path, orders: Answer) -> None:
        self.said: list[dict[str, Any]] = []
        self._orders = orders
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection, connection.makefile("rwb") as line:
            self.said.append(json.loads(line.readline()))
            for text in line:
                message = json.loads(text)
                self.said.append(message)
                for order in self._orders(message):
                    line.write(json.dumps(order).encode() + b"\n")
                    line.flush()
                    if "times" in order:
                        self.said.append(json.loads(line.readline()))

    def close(self) -> None:
        self._thread.join(10)
        self._server.close()


@pytest.fixture
def socket_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("s") / "s"
    assert len(str(path)) < 100
    return path


def orders(message: dict[str, Any]) -> list[dict[str, Any]]:
    echoes = [{"times": 3, "at_once": 1}, {"times": 2, "at_once": 4}] if message["echo"] else []
    return [*echoes, {"go": True}]


def test_echoes(runner: Runner, socket_path: Path) -> None:
    coordinator = Coordinator(socket_path, orders)
    paths = [
        "GET /api/items/each/2",
        "POST /api/items/values",
        "GET /api/items/stream",
        "GET /api/items/raises",
    ]
    plain = runner.requests("shop:app", *paths, seed=7)
    run = runner.requests("shop:app", *paths, seed=7, pair=str(socket_path), side="b")
    coordinator.close()
    side, *said = coordinator.said
    assert side == {"side": "b"}
    exchanges = [each for each in said if "key" in each]
    assert [
        (each["key"], each["route"], each["method"], each["status"], each["echo"]) for each in exchanges
    ] == [
        ("replay#1", "/api/items/each/{n}", "GET", 200, True),
        ("replay#2", "/api/items/values", "POST", 200, False),
        ("replay#3", "/api/items/stream", "GET", 200, True),
        ("replay#4", "/api/items/raises", "GET", 500, False),
    ]
    times = [each for each in said if "wall_ns" in each]
    assert [(len(each["cpu_ns"]), len(each["wall_ns"])) for each in times] == [(3, 3), (2, 2)] * 2
    assert all(ns > 0 for each in times for ns in each["wall_ns"])
    in_flight = times[1]
    assert [len(each) for each in in_flight["each_ns"]] == [4, 4], (
        "what each of the requests in flight waited"
    )
    # the slowest of a round has its answer just before the round is over, whose time is given by the request
    assert all(
        0 < max(each) <= 4 * (wall + 1)
        for each, wall in zip(in_flight["each_ns"], in_flight["wall_ns"], strict=True)
    )
    assert not any("unlike" in each for each in times)
    assert [(each.key, each.body, len(each.statements)) for each in run.exchanges] == [
        (each.key, each.body, len(each.statements)) for each in plain.exchanges
    ]
    assert not run.dropped


COUNTING = """
import uuid
from datetime import datetime
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
app = FastAPI()
seen = []
@app.get("/x")
async def x(request: Request):
    request.state.mark = getattr(request.state, "mark", 0) + 1
    seen.append((request.state.mark, uuid.uuid4(), datetime.now(), request.headers["x-own"], await request.body()))
    return 1
with TestClient(app) as client:
    client.get("/x", headers={"x-own": "1"})
    client.get("/x", headers={"x-own": "2"})
assert len(seen) == 2 + 2 * 11, len(seen)
assert len(set(seen)) == 2, seen
"""


def test_each_echo_is_as_the_first(runner: Runner, socket_path: Path) -> None:
    coordinator = Coordinator(socket_path, orders)
    run = runner.script(COUNTING, seed=7, pair=str(socket_path), side="a", watchdog_ms=20)
    coordinator.close()
    assert not run.faults
    assert len(run.exchanges) == 2


PLACED = """
import random
from fastapi import FastAPI
from fastapi.testclient import TestClient
app = FastAPI()
drawn, places = [], []
@app.get("/x")
async def x() -> int:
    drawn.append(random.random())
    places.append(id(bytes(290)))
    return 1
TestClient(app).get("/x")
print(len(drawn), len(set(drawn)), len(set(places)))
"""


def test_each_echo_finds_its_memory_otherwise(runner: Runner, socket_path: Path) -> None:
    """Where a small object comes to lie, that nothing else is as large as, would be the same each time; what is drawn for it is no draw of the app's."""
    coordinator = Coordinator(socket_path, orders)
    runner.script(PLACED, seed=7, pair=str(socket_path), side="a")
    coordinator.close()
    echoes, draws, places = map(int, runner.output.split())
    assert (echoes, draws) == (1 + 11, 1)
    assert places > 3


CALLING = """
import socket
import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
app = FastAPI()
rates = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=1)))
@app.get("/rate")
async def rate() -> int:
    return (await rates.get("https://{host}/eur")).json()
client = TestClient(app)
{before}
assert client.get("/rate").json() == 1
"""


ELSEWHERE = "rates.example.com"
CONNECTED = "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n    s.connect(('192.0.2.1', 9))"


@pytest.mark.parametrize(
    ("host", "before", "echo"),
    [
        (ELSEWHERE, "", True),
        (
            ELSEWHERE,
            "socket.create_server(('127.0.0.1', 0)).close(); socket.getaddrinfo('localhost', 1)",
            True,
        ),
        (
            ELSEWHERE,
            "try:\n    socket.getaddrinfo('rates.invalid', 443)\nexcept OSError:\n    pass",
            False,
        ),
        (ELSEWHERE, CONNECTED, False),
        ("127.0.0.1:1", CONNECTED, True),
        (ELSEWHERE, "import sys; sys.modules['uvloop'] = sys", False),
    ],
    ids=["never", "here", "looked-up", "connected", "asks-here", "unseen"],
)
def test_calls_are_repeated_where_no_other_machine_was_ever_spoken_to(
    runner: Runner, socket_path: Path, host: str, before: str, echo: bool
) -> None:
    """A stand-in of the tests' answers them."""
    coordinator = Coordinator(socket_path, orders)
    run = runner.script(CALLING.format(host=host, before=before), pair=str(socket_path), side="a")
    coordinator.close()
    assert [len(each.calls) for each in run.exchanges] == [1]
    assert [each["echo"] for each in coordinator.said if "key" in each] == [echo]


CHANGING = """
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
app = FastAPI()
calls = []
@app.get("/once")
async def once() -> int:
    calls.append(1)
    if len(calls) > 1:
        raise HTTPException(410)
    return 1
@app.get("/breaks")
async def breaks() -> int:
    calls.append(1)
    if len(calls) > 13:
        raise LookupError
    return 1
client = TestClient(app)
client.get("/once")
assert client.get("/breaks").status_code == 200
"""


def test_an_echo_unlike_the_first_is_said(runner: Runner, socket_path: Path) -> None:
    coordinator = Coordinator(socket_path, orders)
    run = runner.script(CHANGING, pair=str(socket_path), side="a")
    coordinator.close()
    assert not run.faults
    unlike = [each["unlike"] for each in coordinator.said if "unlike" in each]
    assert unlike[:2] == [[410], [410]]
    assert "LookupError" in unlike


def test_without_a_coordinator_the_run_goes_on(runner: Runner, socket_path: Path) -> None:
    run = runner.script(COUNTING.replace("2 + 2 * 11", "2"), seed=7, pair=str(socket_path), side="a")
    assert [fault.where for fault in run.faults] == ["pair"]
    assert len(run.exchanges) == 2


def test_concurrent_requests_are_not_echoed(runner: Runner, socket_path: Path) -> None:
    coordinator = Coordinator(socket_path, orders)
    run = runner.script(
        """
        import asyncio, httpx
        from slow import app
        async def main():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
                await asyncio.gather(*[client.get("/sleeps") for _ in range(3)])
        asyncio.run(main())
        """,
        pair=str(socket_path),
        side="a",
    )
    coordinator.close()
    assert not run.faults
    assert sorted(each["echo"] for each in coordinator.said if "key" in each) == [False, False, True]


CACHED = """
import os
import redis
from fastapi import FastAPI
store = redis.Redis.from_url(os.environ["STORE"])
store.set("paired", 0)
app = FastAPI()
@app.get("/{what}")
def x(what: str):
    if what == "reads":
        with store.pipeline() as pipe:
            pipe.get("paired")
            pipe.ttl("paired")
            pipe.execute()
        return int(store.get("paired"))
    if what == "counts":
        return store.incr("paired")
    if what == "scripted":
        return store.eval("return redis.call('INCR', KEYS[1])", 1, "paired")
    with store.pipeline() as pipe:
        pipe.get("paired")
        pipe.expire("paired", 1000)
        return pipe.execute()[1]
"""


def test_what_writes_to_redis_is_not_echoed(runner: Runner, socket_path: Path, redis_url: str) -> None:
    coordinator = Coordinator(socket_path, orders)
    runner.variables["STORE"] = redis_url
    runner.write("cached.py", CACHED)
    asked = [f"GET /{what}" for what in ("reads", "counts", "scripted", "pipelined", "reads")]
    run = runner.requests("cached:app", *asked, pair=str(socket_path), side="a")
    coordinator.close()
    assert [each["echo"] for each in coordinator.said if "key" in each] == [True, False, False, False, True]
    assert [each.body for each in run.exchanges] == [b"0", b"1", b"2", b"true", b"2"]
