"""Requests as they are told: routes, answers, errors, headers."""

from __future__ import annotations

import pytest

from .runner import Runner


@pytest.mark.parametrize("client", ["sync", "async"])
def test_routes(runner: Runner, client: str) -> None:
    run = runner.requests(
        "shop:app",
        "GET /api/items/each/1",
        "GET /inner/7/abc/size",
        "GET /nothing",
        "POST /inner/7/abc/size",
        client=client,
    )
    assert [(each.key, each.route, each.status) for each in run.exchanges] == [
        ("replay#1", "/api/items/each/{n}", 200),
        ("replay#2", "/inner/{tenant}/{name}/size", 200),
        ("replay#3", "", 404),
        ("replay#4", "/inner/{tenant}/{name}/size", 405),
    ]


def test_answers_and_errors(runner: Runner) -> None:
    run = runner.requests("shop:app", "GET /api/items/stream?a=1", "GET /api/items/raises")
    stream, raises = run.exchanges
    assert stream.body == b"1;2;"
    assert stream.response_bytes == 4
    assert stream.query == "a=1"
    assert stream.cpu_ns > 0
    assert stream.duration_ns > 0
    assert (raises.status, raises.error) == (500, "builtins.LookupError")
    assert dict(raises.response_headers)["content-type"].startswith("text/plain")


HEADERS = """
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
app = FastAPI()
@app.post("/x")
async def x(request: Request, response: Response) -> int:
    response.set_cookie("session", "cookie-secret")
    return len(await request.body())
TestClient(app).post("/x", content=b"body", headers={"Authorization": "Bearer bearer-secret", "X-Other": "kept"})
"""


@pytest.mark.parametrize("replayable", [False, True])
def test_secret_headers(runner: Runner, replayable: bool) -> None:
    run = runner.script(HEADERS, replayable=replayable)
    (exchange,) = run.exchanges
    headers = dict(exchange.request_headers)
    assert headers["x-other"] == "kept"
    assert (headers["authorization"] == "Bearer bearer-secret") is replayable
    assert ("cookie-secret" in dict(exchange.response_headers)["set-cookie"]) is replayable
    assert exchange.request_body.content == b"body"
    assert exchange.request_bytes == 4


def test_without_bodies_nothing_of_them_is_kept(runner: Runner) -> None:
    run = runner.script(HEADERS, bodies=False)
    (exchange,) = run.exchanges
    assert (exchange.request_headers, exchange.response_headers) == ((), ())
    assert (len(exchange.request_body), len(exchange.response_body)) == (0, 0)
    assert exchange.response_bytes == 1
    assert exchange.request_bytes == 4


def test_openapi_files_and_process(runner: Runner) -> None:
    run = runner.requests("shop:app", "GET /nothing", seed=5)
    (document,) = run.openapi
    assert document.app == "shop:app"
    assert b"/api/items/each/{n}" in bytes(document.document)
    assert str(runner.root / "shop.py") in run.files
    (process,) = run.processes
    assert process.seed == 5
    assert process.packages["fastapi"]


MOUNTED = """
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.staticfiles import StaticFiles
app, inner, innermost = FastAPI(), FastAPI(), FastAPI()
@innermost.get("/deep/{n}")
async def deep(n: int) -> int: return n
@inner.get("/x")
async def x() -> int: return 1
inner.mount("/v1", innermost)
inner.mount("/static", StaticFiles(directory="."))
app.mount("/api", inner)
TestClient(app).get("/api/v1/deep/3")
assert inner.openapi_schema is None
"""


def test_documents_of_mounted_apps_come_with_their_path(runner: Runner) -> None:
    run = runner.script(MOUNTED)
    (exchange,) = run.exchanges
    (document,) = run.openapi
    assert [(path, b"deep" in bytes(inner)) for path, inner in document.mounted] == [
        ("/api", False),
        ("/api/v1", True),
    ]
    assert exchange.endpoint == "GET /api/v1/deep/{n}"


SEEN = """
import contextvars, json, sys
from fastapi import FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from fastapi.testclient import TestClient
import anyio.to_thread
app = FastAPI()
@app.get("/x")
async def x(request: Request) -> dict:
    tokens = anyio.to_thread.current_default_thread_limiter().total_tokens
    known = sorted(k for k in request.scope if isinstance(k, str))
    return {"limit": tokens, "scope": known, "headers": sorted(dict(request.headers))}
with TestClient(app) as client:
    answer = client.get("/x")
    print(json.dumps([answer.status_code, sorted(answer.headers.items()), answer.json()]))
"""


def test_the_app_sees_no_difference(runner: Runner) -> None:
    runner.script(SEEN, watchdog_ms=20, seed=None)
    with_probe = runner.output
    runner.variables["PITSTOP_PROBE"] = ""
    runner.script(SEEN)
    assert runner.output == with_probe


def test_a_body_too_large_is_told_by_its_digest(runner: Runner) -> None:
    run = runner.script(
        """
        from fastapi import FastAPI, Response
        from fastapi.testclient import TestClient
        app = FastAPI()
        @app.get("/{letter}")
        def x(letter: str) -> Response:
            return Response(letter.encode() * (9 << 20))
        for letter in "aba":
            assert len(TestClient(app).get("/" + letter).content) == 9 << 20
        """
    )
    first, second, third = (exchange.body for exchange in run.exchanges)
    assert first.startswith(b"sha256:")
    assert first == third != second
    assert run.exchanges[0].response_bytes == 9 << 20


def test_where_an_error_was_raised(runner: Runner) -> None:
    runner.write(
        "raising.py",
        """
        import socket
        import uuid
        from fastapi import FastAPI, HTTPException

        app = FastAPI()


        def look(values: dict[str, int], name: str) -> int:
            return values[name]  # raised


        @app.get("/async")
        async def asynchronous() -> int:
            return look({}, "a")  # called


        @app.get("/thread")
        def in_thread() -> int:
            return look({}, "a")


        @app.get("/answered")
        def answered() -> int:
            raise HTTPException(418)


        @app.get("/invalid")
        def invalid() -> int:
            return "no number"


        @app.get("/refused")
        def refused() -> None:
            try:
                socket.create_connection(("192.0.2.1", 9), 1)
            except OSError as error:
                raise ValueError("no price") from error


        @app.get("/within")
        def within() -> None:
            uuid.UUID("no id")
        """,
    )
    paths = ("async", "thread", "answered", "invalid", "refused", "within")
    run = runner.requests("raising:app", *(f"GET /{path}" for path in paths), offline=True)
    places = {}
    for position, exchange in enumerate(run.exchanges):
        stack = exchange.error_stack
        places[exchange.path] = runner.lines_of(run, position, stack) if stack else []
    raised = ("raising.py", runner.line("raising.py", "raised"))
    assert places["/async"] == [raised, ("raising.py", runner.line("raising.py", "called"))]
    assert places["/thread"][0] == raised
    assert places["/answered"] == []
    assert places["/invalid"] == []
    assert places["/refused"] == [], "the probe's own refusal is no fault of the app"
    assert [exchange.error_within for exchange in run.exchanges] == ["", "", "", "", "", "uuid"]
    assert [exchange.error.rpartition(".")[2] for exchange in run.exchanges] == [
        "KeyError",
        "KeyError",
        "",
        "ResponseValidationError",
        "ValueError",
        "ValueError",
    ]


ALIKE = """
import asyncio, itertools
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

shared = Response(b"1")

async def answer(request):
    status, name = request.path_params["told"].split("-")
    return Response(b"x" * int(name), int(status), {"x-name": name})

async def changed(request):
    # the app's own list, which it writes to again for the next request
    shared.raw_headers[:] = [(b"x-name", next(names))]
    return shared

names = itertools.cycle([b"a", b"b"])
turns = itertools.cycle([(200, "a"), (404, "a"), (404, "b")])

async def turning(request):
    status, name = next(turns)
    return Response(b"1", status, {"x-name": name})

app = Starlette(routes=[
    Route("/{told}", answer, methods=["GET", "PUT"]), Route("/app/changed", changed), Route("/app/turning", turning),
])

async def ask(path, method="GET", query=b"", headers=()):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        pass
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}
    await app(scope, receive, send)

async def main():
    for _ in range(3):
        await ask("/200-1")
        await ask("/200-1", method="PUT")
        await ask("/200-1", query=b"a=1")
        await ask("/200-1", headers=[(b"x-one", b"1")])
        await ask("/200-1", headers=[(b"x-one", b"2")])
        await ask("/200-1", headers=[[b"x-one", b"3"]])
        await ask("/404-1")
        await ask("/200-2")
        await ask("/app/changed")
        await ask("/app/changed")
        for _ in range(3):
            await ask("/app/turning")

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", [None, 7])
def test_requests_that_are_nearly_alike_are_told_as_they_were(runner: Runner, seed: int | None) -> None:
    run = runner.script(ALIKE, seed=seed, watchdog_ms=20, phases=True)
    told = [
        (
            each.method,
            each.path,
            each.query,
            each.request_headers,
            each.status,
            dict(each.response_headers)["x-name"],
            each.body,
        )
        for each in run.exchanges
    ]
    expected = [
        ("GET", "/200-1", "", (), 200, "1", b"x"),
        ("PUT", "/200-1", "", (), 200, "1", b"x"),
        ("GET", "/200-1", "a=1", (), 200, "1", b"x"),
        ("GET", "/200-1", "", (("x-one", "1"),), 200, "1", b"x"),
        ("GET", "/200-1", "", (("x-one", "2"),), 200, "1", b"x"),
        ("GET", "/200-1", "", (("x-one", "3"),), 200, "1", b"x"),
        ("GET", "/404-1", "", (), 404, "1", b"x"),
        ("GET", "/200-2", "", (), 200, "2", b"xx"),
        ("GET", "/app/changed", "", (), 200, "a", b"1"),
        ("GET", "/app/changed", "", (), 200, "b", b"1"),
        ("GET", "/app/turning", "", (), 200, "a", b"1"),
        ("GET", "/app/turning", "", (), 404, "a", b"1"),
        ("GET", "/app/turning", "", (), 404, "b", b"1"),
    ]
    assert told == 3 * expected
    assert [each.key for each in run.exchanges] == [f"replay#{number}" for number in range(1, 40)]
    assert not run.faults
    assert not run.skipped
    assert all(each.moments for each in run.exchanges)
    starts = [each.start_ns for each in run.exchanges]
    assert starts == sorted(set(starts))
    if seed is not None:
        assert starts == [starts[0] + n * 1_000_000_000 for n in range(39)]


UNREADABLE = """
import asyncio
import inspect

def unreadable(_function):
    raise OSError("there is no source")

readable = inspect.getsource
inspect.getsource = unreadable
import fastapi
import httpx
inspect.getsource = readable
from starlette.routing import Route

assert hasattr(Route.handle, "__wrapped__") is {wrapped}
inner = fastapi.APIRouter(prefix="/inner")

@inner.get("/{{number}}")
async def numbered(number: int):
    return number

app = fastapi.FastAPI()
app.include_router(inner)
app.add_route("/plain", lambda request: fastapi.Response("plain"))

@app.get("/own/{{number}}")
async def own(number: int):
    return number

app.mount("/under", app)

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        for path in 2 * ("/inner/3", "/plain", "/under/own/4", "/nowhere", "/under/nowhere", "/own/5"):
            await client.get(path)

asyncio.run(main())
"""


@pytest.mark.parametrize("readable", [True, False])
def test_routes_are_known_whether_the_code_of_the_framework_can_be_read_or_not(
    runner: Runner, readable: bool
) -> None:
    script = UNREADABLE.format(wrapped=not readable)
    if readable:
        script = script.replace("inspect.getsource = unreadable", "")
    run = runner.script(script, phases=readable, watchdog_ms=20)
    assert not run.faults
    told = [(exchange.route, exchange.status) for exchange in run.exchanges]
    assert told == 2 * [
        ("/inner/{number}", 200),
        ("/plain", 200),
        ("/under/own/{number}", 200),
        ("", 404),
        ("/under/{path}", 404),
        ("/own/{number}", 200),
    ]
    for exchange in run.exchanges if readable else ():
        assert sum(what & 31 == 1 for what in exchange.moments[::2]) == (exchange.status == 200)
