"""Commands to Redis, through redis-py and valkey-py."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pitstop.traces.phases import phases_of
from pitstop.traces.records import Run
from pitstop_probe.stores import Sent, key_shape, operation_of

from .runner import Runner

SYNC = """
import os
from fastapi import FastAPI
from PACKAGE import CLIENT

store = CLIENT.from_url(os.environ["STORE"])
app = FastAPI()

@app.get("/read")
def read():
    store.set("user:1:name", "hidden")
    return [store.get("user:1:name"), store.execute_command("GET user:1:name")]  # reads

@app.get("/pipeline")
async def pipeline():
    with store.pipeline() as pipe:
        for number in range(3):
            pipe.incr(f"visits:{number}")
        return len(pipe.execute())  # sends

@app.get("/watch")
def watch():
    with store.pipeline() as pipe:
        pipe.watch("stock")
        pipe.get("stock")
        pipe.multi()
        pipe.set("stock", 1)
        pipe.get("stock")
        pipe.execute()
    with store.pipeline() as pipe:
        return pipe.execute()

@app.get("/fails")
def fails():
    store.lpush("queue", 1)
    try:
        store.get("queue")
    except Exception as error:
        return type(error).__name__
    finally:
        store.delete("queue")

@app.get("/script")
def script():
    add = store.register_script("return tonumber(ARGV[1]) + 1")
    with store.pipeline() as pipe:
        add(args=[41], client=pipe)
        return pipe.execute()

@app.get("/missing")
def missing():
    store.hset("user:2", "name", "hidden")
    return [store.get("user:9"), store.hget("user:2", "name"), store.hget("user:2", "none")]

@app.get("/subscribed")
def subscribed():
    with store.pubsub() as messages:
        messages.subscribe("news")
        messages.get_message(timeout=60)
        store.publish("news", "hidden")
        return messages.get_message(timeout=60)["data"]
"""
ASYNC = """
import os
from fastapi import FastAPI
from PACKAGE.asyncio import CLIENT

store = CLIENT.from_url(os.environ["STORE"])
app = FastAPI()

@app.get("/read")
async def read():
    await store.set("user:1:name", "hidden")
    return [await store.get("user:1:name"), await store.execute_command("GET user:1:name")]  # reads

@app.get("/pipeline")
async def pipeline():
    async with store.pipeline() as pipe:
        for number in range(3):
            pipe.incr(f"visits:{number}")
        return len(await pipe.execute())  # sends

@app.get("/watch")
async def watch():
    async with store.pipeline() as pipe:
        await pipe.watch("stock")
        await pipe.get("stock")
        pipe.multi()
        pipe.set("stock", 1)
        pipe.get("stock")
        await pipe.execute()
    async with store.pipeline() as pipe:
        return await pipe.execute()

@app.get("/fails")
async def fails():
    await store.lpush("queue", 1)
    try:
        await store.get("queue")
    except Exception as error:
        return type(error).__name__
    finally:
        await store.delete("queue")

@app.get("/script")
async def script():
    add = store.register_script("return tonumber(ARGV[1]) + 1")
    async with store.pipeline() as pipe:
        await add(args=[41], client=pipe)
        return await pipe.execute()

@app.get("/missing")
async def missing():
    await store.hset("user:2", "name", "hidden")
    return [await store.get("user:9"), await store.hget("user:2", "name"), await store.hget("user:2", "none")]

@app.get("/subscribed")
async def subscribed():
    async with store.pubsub() as messages:
        await messages.subscribe("news")
        await messages.get_message(timeout=60)
        await store.publish("news", "hidden")
        return (await messages.get_message(timeout=60))["data"]
"""
ROUTES = ("/read", "/pipeline", "/watch", "/fails", "/script", "/missing", "/subscribed")
CLIENTS = {"redis": "Redis", "valkey": "Valkey"}


class Stored(NamedTuple):
    """What an app left that sent commands by one of the clients."""

    runner: Runner
    run: Run
    blocks: bool


@pytest.fixture(
    scope="module",
    params=[(package, kind) for package in CLIENTS for kind in ("sync", "async")],
    ids="-".join,
)
def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_url: str
) -> Stored:
    """One request to each route, by each client."""
    package, kind = request.param
    runner = Runner(tmp_path_factory.mktemp("stored"))
    runner.variables["STORE"] = redis_url
    text = SYNC if kind == "sync" else ASYNC
    runner.write("stored.py", text.replace("PACKAGE", package).replace("CLIENT", CLIENTS[package]))
    run = runner.requests("stored:app", *(f"GET {route}" for route in ROUTES), client=kind, phases=True)
    return Stored(runner, run, kind == "sync")


def test_commands_have_operation_shape_and_line(stored: Stored) -> None:
    runner, run, _ = stored
    position, exchange = runner.only(run, "/read")
    assert exchange.body == b'["hidden","hidden"]'
    written, read, again = exchange.commands
    assert [each.operation for each in exchange.commands] == ["SET", "GET", "GET"]
    assert [each.target for each in exchange.commands] == ["user:?", "user:?", ""]
    assert {each.system for each in exchange.commands} == {"redis"}
    assert len({written.params, read.params, again.params} - {""}) == 3
    assert not any(each.on_loop for each in exchange.commands)
    assert [each.count for each in exchange.commands] == [1, 1, 1]
    assert [each.rows for each in exchange.commands] == [None, 1, 1]
    assert runner.lines_of(run, position, read.stack)[0] == ("stored.py", runner.line("stored.py", "reads"))
    assert 0 < written.start_ns < read.start_ns < again.start_ns
    assert all(0 < each.duration_ns < exchange.duration_ns for each in exchange.commands)


def test_whether_a_key_is_there_is_told(stored: Stored) -> None:
    _, exchange = stored.runner.only(stored.run, "/missing")
    assert exchange.body == b'[null,"hidden",null]'
    assert [(each.operation, each.rows) for each in exchange.commands] == [
        ("HSET", None),
        ("GET", 0),
        ("HGET", 1),
        ("HGET", 0),
    ]


def test_the_time_in_commands_is_a_phase(stored: Stored) -> None:
    runner, run, _ = stored
    position, exchange = runner.only(run, "/read")
    phases = phases_of(run, position)
    own = [phase for phase in phases if phase.kind == "redis"]
    collected = sum(phase.own_ns for phase in phases if phase.kind == "garbage collection")
    assert [phase.sequence for phase in own] == [0, 1, 2]
    whole = sum(each.duration_ns for each in exchange.commands)
    assert whole - collected <= sum(phase.own_ns for phase in own) <= whole


def test_neither_keys_nor_values_are_written(stored: Stored) -> None:
    records = stored.runner.written()
    assert "PIPELINE" in records
    assert "hidden" not in records
    assert "user:1" not in records


def test_a_pipeline_is_one_command(stored: Stored) -> None:
    runner, run, blocks = stored
    position, exchange = runner.only(run, "/pipeline")
    assert exchange.body == b"3"
    (sent,) = exchange.commands
    assert (sent.operation, sent.count, sent.target) == ("PIPELINE", 3, "")
    assert sent.params
    assert sent.on_loop is blocks
    assert runner.lines_of(run, position, sent.stack)[0] == ("stored.py", runner.line("stored.py", "sends"))


def test_what_a_pipeline_sends_at_once_stands_for_itself(stored: Stored) -> None:
    _, watched = stored.runner.only(stored.run, "/watch")
    sent = [(each.operation, each.count) for each in watched.commands]
    assert sent == [("WATCH", 1), ("GET", 1), ("PIPELINE", 2)]


def test_what_a_pipeline_sends_of_itself_is_a_part_of_it(stored: Stored) -> None:
    _, script = stored.runner.only(stored.run, "/script")
    assert script.body == b"[42]"
    assert [(each.operation, each.count) for each in script.commands] == [("PIPELINE", 1)]


def test_a_command_that_fails_is_noted_and_fails(stored: Stored) -> None:
    _, exchange = stored.runner.only(stored.run, "/fails")
    assert exchange.body == b'"ResponseError"'
    assert [each.operation for each in exchange.commands] == ["LPUSH", "GET", "DEL"]
    assert all(each.duration_ns > 0 for each in exchange.commands)


def test_subscriptions_are_left_out(stored: Stored) -> None:
    _, exchange = stored.runner.only(stored.run, "/subscribed")
    assert exchange.body == b'"hidden"'
    assert [(each.operation, each.target) for each in exchange.commands] == [("PUBLISH", "")]


def test_equal_arguments_have_equal_hashes(runner: Runner, redis_url: str) -> None:
    runner.variables["STORE"] = redis_url
    runner.write(
        "stored.py",
        """
        import os
        from fastapi import FastAPI
        from redis import Redis

        store = Redis.from_url(os.environ["STORE"])
        app = FastAPI()

        @app.get("/x")
        def handler():
            store.set("a", 1)
            store.set("a", b"1")
            store.set("a1", "")
            store.mget("a", "b")
            store.mget("ab")
        """,
    )
    one, same, other, pair, joined = runner.requests("stored:app", "GET /x").exchanges[0].commands
    assert one.params == same.params != other.params
    assert pair.params != joined.params


def test_commands_beside_requests_are_not_noted(runner: Runner, redis_url: str) -> None:
    run = runner.script(
        f"""
        import redis
        store = redis.Redis.from_url({redis_url!r})
        store.set("a", 1)
        store.pipeline().get("a").execute()
        """
    )
    assert not run.faults
    assert run.exchanges == ()


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("user:123:profile", "user:?"),
        (b"user:123", "user:?"),
        ("rate_limit:user-7", "rate_limit:user-?"),
        ("session:550e8400-e29b-41d4-a716-446655440000", "session:?"),
        ("session:DEADBEEF01:secretword", "session:?"),
        ("session:deadbeef", "session:?"),
        ("users:all", "users:all"),
        ("5:user", ""),
        ("session:aGVsbG8gd29ybGQ", ""),
        ("session:qwx7abc", ""),
        ("reset:bob@example.com", ""),
        ("name:Bob", ""),
        ("two words", ""),
        ("größe:1", ""),
        ("a::1", ""),
        ("token:" + "z" * 25, ""),
        (":".join(["a"] * 150), ""),
        ("", ""),
        (7, ""),
        (memoryview(b"user:1"), ""),
    ],
)
def test_a_key_shows_its_shape_or_nothing(key: object, shape: str) -> None:
    assert key_shape(key) == shape


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("get", "GET"),
        (b"HGETALL", "HGETALL"),
        ("JSON.GET", "JSON.GET"),
        ("CLIENT SETNAME", "CLIENT SETNAME"),
        ("SET user:1 secret", "SET"),
        ("CONFIG SET requirepass", "CONFIG SET"),
        ("user:1", ""),
        ("", ""),
    ],
)
def test_an_operation_holds_no_values(name: object, operation: str) -> None:
    assert operation_of(name) == operation


def test_what_writes_is_told_with_the_shape_of_its_key(stored: Stored) -> None:
    runner, run, _ = stored
    told: dict[str, list[tuple[str, str]]] = {}
    for route in ROUTES:
        _, exchange = runner.only(run, route)
        written = [each for command in exchange.commands for each in command.written]
        assert all(values for operation, _, values in written if operation != "EXEC")
        told[route] = [(operation, key) for operation, key, _ in written]
    assert told == {
        "/read": [("SET", "user:?")],
        "/pipeline": [("INCRBY", "visits:?")] * 3 + [("EXEC", "")],
        "/watch": [("SET", "stock")],
        "/fails": [("LPUSH", "queue"), ("DEL", "queue")],
        "/script": [("EVALSHA", "")],
        "/subscribed": [("PUBLISH", "")],
        "/missing": [("HSET", "user:?")],
    }
    _, pipeline = runner.only(run, "/pipeline")
    assert len({values for command in pipeline.commands for *_, values in command.written}) == 4


def test_a_long_pipeline_is_told_as_one() -> None:
    def pipeline(length: int, name: str = "SET") -> Sent:
        made = Sent("PIPELINE", [name, "key"], length)
        made.each = [(name, "key", number) for number in range(length)]
        return made

    assert len(pipeline(1000).written()) == 1000
    assert pipeline(1001).written() == [("PIPELINE", "", pipeline(1001).params())]
    assert pipeline(1001, "GET").written() == []


def test_writes_of_one_transaction_are_told_as_such() -> None:
    def told(names: list[str], *, is_transaction: bool = True) -> list[str]:
        made = Sent("PIPELINE", names, len(names))
        made.each = [(name, "key") for name in names]
        made.is_transaction = is_transaction
        return [operation for operation, *_ in made.written()]

    assert told(["SET", "INCR"]) == ["SET", "INCR", "EXEC"]
    assert told(["SET", "INCR"], is_transaction=False) == ["SET", "INCR"]
    assert told(["SET", "GET"]) == ["SET"]
    assert told(["GET", "GET"]) == []
