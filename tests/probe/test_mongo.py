"""Commands to MongoDB, through pymongo, its asynchronous client, and motor."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pitstop.traces.phases import phases_of
from pitstop.traces.records import Command, Run
from pitstop_probe.mongo import writes

from .runner import Runner

SYNC = """
import os
from fastapi import FastAPI
from pymongo import MongoClient

client = MongoClient(os.environ["STORE"], maxPoolSize=1)
items = client.COLLECTION.items
app = FastAPI()

def fill():
    items.delete_many({})
    items.insert_many([{"n": n, "name": "hidden"} for n in range(250)])

@app.get("/read")
def read():
    fill()
    first = items.find_one({"n": 1})  # reads
    return [first["n"], len(list(items.aggregate([{"$match": {"n": {"$lt": 4}}}])))]  # aggregates

@app.get("/pages")
def pages():
    found = items.find({"n": {"$gte": 0}}, batch_size=100)
    return len([each for each in found])  # walks

@app.get("/values")
def values():
    for n in (1, 1, 2):
        items.find_one({"n": n})
    items.find_one({"n": 2}, skip=1)

@app.get("/changes")
def changes():
    items.update_many({"n": {"$lt": 3}}, {"$set": {"x": 1}})
    items.find_one_and_update({"n": 5}, {"$set": {"x": 1}})
    items.delete_one({"n": 4})

@app.get("/fails")
def fails():
    client.COLLECTION.command("nonsense", "hidden")
    try:
        list(items.aggregate([{"$nonsense": "hidden"}]))
    except Exception as error:
        return type(error).__name__

@app.get("/loop")
async def loop():
    items.find_one({"n": 7})
"""
ASYNC = """
import asyncio
import os
from fastapi import FastAPI
from PACKAGE import CLIENT

client = CLIENT(os.environ["STORE"], maxPoolSize=1)
items = client.COLLECTION.items
app = FastAPI()

async def fill():
    await items.delete_many({})
    await items.insert_many([{"n": n, "name": "hidden"} for n in range(250)])

@app.get("/read")
async def read():
    await fill()
    first = await items.find_one({"n": 1})  # reads
    found = AGGREGATE
    return [first["n"], len(await found.to_list(None))]  # aggregates

@app.get("/pages")
async def pages():
    found = items.find({"n": {"$gte": 0}}, batch_size=100)
    return len([each async for each in found])  # walks

@app.get("/values")
async def values():
    for n in (1, 1, 2):
        await items.find_one({"n": n})
    await items.find_one({"n": 2}, skip=1)

@app.get("/changes")
async def changes():
    await items.update_many({"n": {"$lt": 3}}, {"$set": {"x": 1}})
    await items.find_one_and_update({"n": 5}, {"$set": {"x": 1}})
    await items.delete_one({"n": 4})

async def anything(items):
    found = items.aggregate([{"$nonsense": "hidden"}])
    return await (found if hasattr(found, "__await__") else found.to_list(None))

@app.get("/fails")
async def fails():
    await client.COLLECTION.command("nonsense", "hidden")
    try:
        await anything(items)
    except Exception as error:
        return type(error).__name__

@app.get("/loop")
async def loop():
    await asyncio.gather(*[items.find_one({"n": n}) for n in range(4)])  # at once
"""
AGGREGATES = 'items.aggregate([{"$match": {"n": {"$lt": 4}}}])'
APPS = {
    "pymongo": SYNC,
    "asynchronous": ASYNC.replace("PACKAGE", "pymongo")
    .replace("CLIENT", "AsyncMongoClient")
    .replace("AGGREGATE", f"await {AGGREGATES}  # sends"),
    "motor": ASYNC.replace("PACKAGE", "motor.motor_asyncio")
    .replace("CLIENT", "AsyncIOMotorClient")
    .replace("AGGREGATE", AGGREGATES),
}
ROUTES = ("/read", "/pages", "/values", "/changes", "/fails", "/loop")


class Stored(NamedTuple):
    """What an app left that asked MongoDB by one of the drivers."""

    runner: Runner
    run: Run
    driver: str

    def commands(self, path: str) -> tuple[Command, ...]:
        """The commands of the request to a path."""
        return self.runner.only(self.run, path)[1].commands

    def line(self, path: str, number: int) -> tuple[str, int]:
        """The innermost line of the app that one of them was sent from."""
        position, exchange = self.runner.only(self.run, path)
        return self.runner.lines_of(self.run, position, exchange.commands[number].stack)[0]


@pytest.fixture(scope="module", params=list(APPS))
def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mongodb_url: str
) -> Stored:
    """One request to each route, by each driver."""
    runner = Runner(tmp_path_factory.mktemp("stored"))
    runner.variables["STORE"] = mongodb_url
    runner.write("stored.py", APPS[request.param].replace("COLLECTION", f"of_{request.param}"))
    kind = "sync" if request.param == "pymongo" else "async"
    run = runner.requests("stored:app", *(f"GET {route}" for route in ROUTES), client=kind, phases=True)
    return Stored(runner, run, request.param)


def test_commands_have_collection_documents_and_line(stored: Stored) -> None:
    position, exchange = stored.runner.only(stored.run, "/read")
    assert exchange.body == b"[1,4]"
    told = [(each.operation, each.target, each.rows) for each in exchange.commands]
    assert told[1:] == [("insert", "items", 250), ("find", "items", 1), ("aggregate", "items", 4)]
    assert (exchange.commands[0].operation, exchange.commands[0].target) == ("delete", "items")
    assert {each.system for each in exchange.commands} == {"mongodb"}
    assert {each.count for each in exchange.commands} == {1}
    assert stored.line("/read", 2) == ("stored.py", stored.runner.line("stored.py", "reads"))
    # pymongo's asynchronous client sends an aggregation when it is made, the others when it is read
    mark = "sends" if stored.driver == "asynchronous" else "aggregates"
    assert stored.line("/read", 3) == ("stored.py", stored.runner.line("stored.py", mark))
    assert all(0 < each.duration_ns < exchange.duration_ns for each in exchange.commands)
    own = [phase for phase in phases_of(stored.run, position) if phase.kind == "mongodb"]
    assert [phase.sequence for phase in own] == [0, 1, 2, 3]


def test_what_a_cursor_is_asked_for_more_counts_to_its_place(stored: Stored) -> None:
    found, more, last = stored.commands("/pages")
    assert [found.operation, more.operation, last.operation] == ["find", "getMore", "getMore"]
    assert [found.rows, more.rows, last.rows] == [100, 100, 50]
    assert {each.target for each in (found, more, last)} == {"items"}
    assert {each.params for each in (more, last)} == {found.params}
    assert [stored.line("/pages", n) for n in range(3)] == 3 * [
        ("stored.py", stored.runner.line("stored.py", "walks"))
    ]


def test_equal_values_have_equal_hashes(stored: Stored) -> None:
    one, same, other, further = stored.commands("/values")
    assert one.params == same.params
    assert len({one.params, other.params, further.params} - {""}) == 3


def test_what_is_changed_is_counted(stored: Stored) -> None:
    told = [(each.operation, each.rows) for each in stored.commands("/changes")]
    assert told == [("update", 3), ("findAndModify", 1), ("delete", 1)]


def test_a_command_that_fails_is_noted(stored: Stored) -> None:
    other, failed = stored.commands("/fails")
    assert stored.runner.only(stored.run, "/fails")[1].body == b'"OperationFailure"'
    assert (other.operation, other.target) == ("nonsense", "")
    assert (failed.operation, failed.target, failed.rows) == ("aggregate", "items", None)
    assert failed.duration_ns > 0


def test_only_a_driver_that_blocks_keeps_the_loop(stored: Stored) -> None:
    commands = stored.commands("/loop")
    assert {each.on_loop for each in commands} == {stored.driver == "pymongo"}
    others = [each for path in ROUTES[:-1] for each in stored.commands(path)]
    assert not any(each.on_loop for each in others)


def test_commands_at_once_have_the_line_that_waits_for_them(stored: Stored) -> None:
    if stored.driver == "pymongo":
        pytest.skip("it sends one after the other")
    position, exchange = stored.runner.only(stored.run, "/loop")
    assert len(exchange.commands) == 4
    line = ("stored.py", stored.runner.line("stored.py", "at once"))
    for number, command in enumerate(exchange.commands):
        assert line in stored.runner.lines_of(stored.run, position, command.stack), number


def test_who_waits_for_a_connection(stored: Stored) -> None:
    _, first = stored.runner.only(stored.run, "/read")
    assert "connect" in {wait.kind for wait in first.waits}
    waits = [wait.kind for wait in stored.runner.only(stored.run, "/loop")[1].waits]
    # Threads of motor's may begin when others have ended; PyMongo's own upkeep of the pool may have its one connection for a moment.
    least, most = {"pymongo": (0, 1), "asynchronous": (3, 3), "motor": (0, 3)}[stored.driver]
    assert least <= len(waits) <= most
    assert set(waits) <= {"connection wait"}


def test_no_values_are_written(stored: Stored) -> None:
    records = stored.runner.written()
    assert "getMore" in records
    assert "hidden" not in records


def test_commands_beside_requests_are_not_noted(runner: Runner, mongodb_url: str) -> None:
    run = runner.script(
        f"""
        import pymongo
        with pymongo.MongoClient({mongodb_url!r}) as client:
            assert client.beside.items.find_one() is None
        """
    )
    assert not run.faults
    assert run.exchanges == ()


def test_what_may_change_documents_is_told(stored: Stored) -> None:
    run = stored.run
    told = {
        route: [
            (operation, collection)
            for command in stored.runner.only(run, route)[1].commands
            for operation, collection, _ in command.written
        ]
        for route in ("/read", "/pages", "/values", "/changes")
    }
    assert told == {
        "/read": [("delete", "items"), ("insert", "items")],
        "/pages": [],
        "/values": [],
        "/changes": [("update", "items"), ("findAndModify", "items"), ("delete", "items")],
    }


def test_an_aggregation_writes_by_its_last_stage() -> None:
    assert not writes("aggregate", {"aggregate": "items", "pipeline": [{"$match": {}}]})
    assert writes("aggregate", {"aggregate": "items", "pipeline": [{"$match": {}}, {"$out": "others"}]})
    assert writes("mapReduce", {"mapReduce": "items"})
