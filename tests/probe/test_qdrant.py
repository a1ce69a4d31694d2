"""Commands to Qdrant: to its local mode, and to servers by HTTP and gRPC that are not there."""

from __future__ import annotations

import pytest

from pitstop.traces.phases import phases_of

from .runner import Runner

SYNC = """
from fastapi import FastAPI
from qdrant_client import QdrantClient, models

client = QdrantClient(":memory:")
client.create_collection("texts", vectors_config=models.VectorParams(size=2, distance=models.Distance.COSINE))
app = FastAPI()

def query(vector):
    return client.query_points("texts", query=vector, limit=2)  # asks

@app.get("/read")
def read():
    client.upsert("texts", points=[models.PointStruct(id=n, vector=[1.0, n]) for n in range(5)])
    found = query([1.0, 0.1])
    pages, _ = client.scroll(collection_name="texts", limit=3)
    return [len(found.points), len(pages), client.count("texts").count]

@app.get("/values")
def values():
    for vector in ([1.0, 0.5], [1.0, 0.5], [0.5, 1.0]):
        query(vector)

@app.get("/loop")
async def loop():
    query([1.0, 0.5])
"""
ASYNC = (
    SYNC.replace("def ", "async def ").replace("async async", "async")
    .replace("QdrantClient(", "AsyncQdrantClient(").replace("import QdrantClient", "import AsyncQdrantClient")
    .replace("client.create", "asyncio.run(client.create").replace("COSINE))", "COSINE)))")
    .replace("client.upsert", "await client.upsert").replace("client.query", "await client.query").replace("client.scroll", "await client.scroll")
    .replace('client.count("texts").count', '(await client.count("texts")).count').replace("query([", "await query([").replace("    query(vector)", "    await query(vector)")
    .replace("from fastapi", "import asyncio\nfrom fastapi")
)  # fmt: skip


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_commands_have_collection_points_and_line(runner: Runner, kind: str) -> None:
    runner.write("stored.py", SYNC if kind == "sync" else ASYNC)
    run = runner.requests("stored:app", "GET /read", "GET /values", "GET /loop", client=kind, phases=True)
    position, exchange = runner.only(run, "/read")
    assert exchange.body == b"[2,3,5]"
    told = [(each.operation, each.target, each.rows) for each in exchange.commands]
    assert told == [
        ("upsert", "texts", 5),
        ("query_points", "texts", 2),
        ("scroll", "texts", 3),
        ("count", "texts", None),
    ]
    assert {each.system for each in exchange.commands} == {"qdrant"}
    assert [each.written for each in exchange.commands] == [(("upsert", "texts", ""),), (), (), ()]
    lines = runner.lines_of(run, position, exchange.commands[1].stack)
    assert lines[0] == ("stored.py", runner.line("stored.py", "asks"))
    assert all(0 < each.duration_ns < exchange.duration_ns for each in exchange.commands)
    assert [phase.sequence for phase in phases_of(run, position) if phase.kind == "qdrant"] == [0, 1, 2, 3]

    one, same, other = runner.only(run, "/values")[1].commands
    assert one.params == same.params != other.params
    (sent,) = runner.only(run, "/loop")[1].commands
    assert sent.on_loop is (kind == "sync")


@pytest.mark.parametrize("transport", ["", ", prefer_grpc=True"], ids=["http", "grpc"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_command_by_another_way_is_one_and_no_call_besides(
    runner: Runner, kind: str, transport: str
) -> None:
    way = f'"http://127.0.0.1:1", grpc_port=1, timeout=2, check_compatibility=False{transport}'
    client, word = ("QdrantClient", "") if kind == "sync" else ("AsyncQdrantClient", "await ")
    runner.write(
        "stored.py",
        f"""
        from fastapi import FastAPI
        from qdrant_client import {client}

        client = {client}({way})
        app = FastAPI()

        @app.get("/x")
        async def handler():
            try:
                {word}client.query_points("texts", query=[0.5])
            except Exception as error:
                return type(error).__name__
        """,
    )
    run = runner.requests("stored:app", "GET /x", client=kind)
    (exchange,) = run.exchanges
    assert exchange.status == 200
    assert exchange.body != b"null"
    (sent,) = exchange.commands
    assert (sent.operation, sent.target, sent.rows) == ("query_points", "texts", None)
    assert sent.duration_ns > 0
    assert exchange.calls == ()
