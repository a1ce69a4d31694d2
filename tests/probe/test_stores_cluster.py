"""Commands to a cluster, through redis-py and valkey-py."""

from __future__ import annotations

import pytest

from .runner import Runner

SYNC = """
import os
from fastapi import FastAPI
from PACKAGE.cluster import CLIENT

store = CLIENT.from_url(os.environ["STORE"])
store.ping()
app = FastAPI()

@app.get("/read")
def read():
    store.set("user:1:name", "hidden")
    return [store.get("user:1:name"), store.get("user:9")]  # reads

@app.get("/pipeline")
async def pipeline():
    with store.pipeline() as pipe:
        for number in range(3):
            pipe.incr(f"visits:{number}")
        return len(pipe.execute())  # sends

@app.get("/fails")
def fails():
    store.lpush("queue", 1)
    try:
        store.get("queue")
    except Exception as error:
        return type(error).__name__
    finally:
        store.delete("queue")
"""
ASYNC = """
import os
from fastapi import FastAPI
from PACKAGE.asyncio.cluster import CLIENT

store = CLIENT.from_url(os.environ["STORE"])
app = FastAPI()

@app.get("/start")
async def start():
    await store.initialize()

@app.get("/read")
async def read():
    await store.set("user:1:name", "hidden")
    return [await store.get("user:1:name"), await store.get("user:9")]  # reads

@app.get("/pipeline")
async def pipeline():
    async with store.pipeline() as pipe:
        for number in range(3):
            pipe.incr(f"visits:{number}")
        return len(await pipe.execute())  # sends

@app.get("/fails")
async def fails():
    await store.lpush("queue", 1)
    try:
        await store.get("queue")
    except Exception as error:
        return type(error).__name__
    finally:
        await store.delete("queue")
"""
CLIENTS = {"redis": "RedisCluster", "valkey": "ValkeyCluster"}


@pytest.mark.parametrize("package", CLIENTS)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_commands_to_a_cluster(runner: Runner, package: str, kind: str, cluster_url: str) -> None:
    runner.variables["STORE"] = cluster_url
    text = SYNC if kind == "sync" else ASYNC
    runner.write("stored.py", text.replace("PACKAGE", package).replace("CLIENT", CLIENTS[package]))
    routes = ("/start", "/read", "/pipeline", "/fails")
    run = runner.requests("stored:app", *(f"GET {route}" for route in routes), client=kind)

    position, exchange = runner.only(run, "/read")
    assert exchange.body == b'["hidden",null]'
    told = [(each.operation, each.target, each.rows) for each in exchange.commands]
    assert told == [("SET", "user:?", None), ("GET", "user:?", 1), ("GET", "user:?", 0)]
    lines = runner.lines_of(run, position, exchange.commands[1].stack)
    assert lines[0] == ("stored.py", runner.line("stored.py", "reads"))
    assert not any(each.on_loop for each in exchange.commands)

    position, exchange = runner.only(run, "/pipeline")
    assert exchange.body == b"3"
    (sent,) = exchange.commands
    assert (sent.operation, sent.count, sent.on_loop) == ("PIPELINE", 3, kind == "sync")
    lines = runner.lines_of(run, position, sent.stack)
    assert lines[0] == ("stored.py", runner.line("stored.py", "sends"))

    _, exchange = runner.only(run, "/fails")
    assert exchange.body == b'"ResponseError"'
    # Keys to be deleted may lie on several nodes: the clients send a pipeline.
    assert [each.operation for each in exchange.commands] == ["LPUSH", "GET", "PIPELINE"]
    assert "hidden" not in runner.written()
