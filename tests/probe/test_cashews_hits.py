"""What cashews answers from its caches: in memory and in Valkey, by function and route."""

from __future__ import annotations

import pytest

from pitstop.traces.records import Run

from .runner import Runner

APP = """
import asyncio
import os
from cashews import Cache
from fastapi import FastAPI

cache = Cache()
cache.setup(os.environ["STORE"])
app = FastAPI()

@cache(ttl="1m", key="one:{number}")
async def one(number):  # simple
    return number

@cache.early(ttl="1m", early_ttl=0.001, key="early:{number}")
async def early(number):  # early
    return number

@cache(ttl="1m", key="upper:{number}", upper=True, condition=lambda result, args, kwargs, key=None: True)
async def upper(number):  # upper
    return number + await one(number)

@cache(ttl="1m", key="fails")
async def fails():
    raise ValueError

@cache.failover(ttl="1m", key="failover")
async def failover():
    return 1

@app.get("/numbers/{number}")
async def read(number: int):
    return await one(number)

@app.get("/others/{number}")
async def other(number: int):
    return await one(number)

@app.get("/early")
async def read_early():
    value = await early(1)
    await asyncio.sleep(0.05)
    return value

@app.get("/upper")
async def read_upper():
    return await upper(7)

@app.get("/fails")
async def read_fails():
    await failover()
    try:
        await fails()
    except ValueError:
        return 1
"""
ASKED = (
    "/numbers/1",
    "/numbers/1",
    "/numbers/2",
    "/others/2",
    "/early",
    "/early",
    "/early",
    "/upper",
    "/upper",
    "/fails",
    "/fails",
)


def measured(runner: Runner, store: str, **orders: bool) -> Run:
    runner.variables["STORE"] = store
    runner.write("cached.py", APP)
    return runner.requests("cached:app", *(f"GET {path}" for path in ASKED), client="async", **orders)


@pytest.mark.parametrize("where", ["memory", "valkey"])
def test_hits_and_misses_of_each_function_and_route(runner: Runner, where: str, redis_url: str) -> None:
    store = "mem://" if where == "memory" else redis_url.replace("/0", "/3")
    run = measured(runner, store, caches=True)
    assert {exchange.status for exchange in run.exchanges} == {200}
    told = {
        (cache.name, cache.route): (cache.hits, cache.misses)
        for cache in run.caches
        if cache.kind == "cashews"
    }
    assert told == {
        ("one", "GET /numbers/{number}"): (1, 2),
        ("one", "GET /others/{number}"): (1, 0),
        ("early", "GET /early"): (2, 1),
        ("upper", "GET /upper"): (1, 1),
        ("one", "GET /upper"): (0, 1),
        ("fails", "GET /fails"): (0, 2),
    }
    simple = next(cache for cache in run.caches if cache.name == "one")
    assert (simple.path, simple.line) == ("cached.py", runner.line("cached.py", "simple") - 1)


def test_nothing_is_counted_where_nobody_asks(runner: Runner) -> None:
    assert measured(runner, "mem://").caches == ()
