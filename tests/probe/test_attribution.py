"""What phases say of a service that measures its own parts: the shares are right, and so are the lines, whatever its form."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from pitstop.traces.phases import Phase, phases_of
from pitstop.traces.records import Run

from .runner import Runner

TIMES = 5
"""How often each request is sent after the first; two must be right, for the machine may be busy with something else, and what is
wrong by the code is wrong each time."""
DRIVE = """
import asyncio, http.server, json, os, threading, time

class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.03)
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass

outside = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
threading.Thread(target=outside.serve_forever, daemon=True).start()
os.environ["OUTSIDE"] = f"http://127.0.0.1:{{outside.server_port}}/"

import anyio.to_thread
import httpx
from forms import {app} as app
from told import TRUTH, Truth

async def slowly():
    for part in (b'{{"amount"', b':1}}'):
        started = time.perf_counter()
        await asyncio.sleep(0.03)
        TRUTH.get().took("body", (time.perf_counter() - started) * 1000)
        yield part

async def send(client, method="GET", path="", **named):
    truth = Truth()
    TRUTH.set(truth)
    if method == "POST":
        named = {{"content": slowly(), "headers": {{"content-type": "application/json"}}}}
    await client.request(method, path, **named)
    return truth.parts

async def main():
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60) as client:
        {requests}

asyncio.run(main())
outside.shutdown()
"""
ONE_BY_ONE = """
        for _ in range({times} + 1):
            print(json.dumps([await send(client, {method!r}, {path!r})]), flush=True)
"""
AT_ONCE = """
        anyio.to_thread.current_default_thread_limiter().total_tokens = {threads}
        for _ in range({times} + 1):
            sent = [asyncio.create_task(send(client, "GET", {path!r})) for _ in range(3)]
            print(json.dumps(await asyncio.gather(*sent)), flush=True)
"""


def places(file: Path) -> dict[str, set[int]]:
    """The lines of each definition by its qualified name: that of its first decorator, and its own."""
    found: dict[str, set[int]] = {}

    def look(node: ast.AST, prefix: str) -> None:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                lines = {each.lineno, *(decorator.lineno for decorator in each.decorator_list)}
                found[prefix + each.name] = {min(lines), each.lineno}
                local = "" if isinstance(each, ast.ClassDef) else "<locals>."
                look(each, f"{prefix}{each.name}.{local}")

    look(ast.parse(file.read_text()), "")
    return found


def line_is_right(runner: Runner, run: Run, position: int, phase: Phase) -> bool:
    """Whether a phase names the file of the service, and the line that is its."""
    if phase.place is not None:
        known = places(runner.root / "forms.py")[phase.place.name]
        # What is called of an object is its method.
        known |= places(runner.root / "forms.py").get(f"{phase.place.name}.__call__", set())
        return phase.place.path == "forms.py" and phase.place.line in known
    exchange = run.exchanges[position]
    made: dict[str, Any] = {
        "database": exchange.statements,
        "redis": exchange.commands,
        "outbound HTTP": exchange.calls,
    }
    stack = made[phase.kind][phase.sequence].stack if phase.kind in made else phase.stack
    return runner.lines_of(run, position, stack)[:1] == [("forms.py", runner.line("forms.py", phase.kind))]


WITH_LINES = {
    "middleware",
    "dependency",
    "handler",
    "background",
    "database",
    "redis",
    "outbound HTTP",
    "connection wait",
}
UNTOLD = {"framework", "thread wait", "garbage collection"}
"""What a service cannot tell of itself; on a busy machine a thread may begin late."""


def is_true(runner: Runner, run: Run, expected: set[str]) -> None:
    """Of each request the phases took what the service says, within 5 % of the whole, and nothing else took more than that."""
    told = [json.loads(line) for line in runner.output.splitlines() if line.startswith("[")]
    assert not run.faults
    assert not run.skipped
    truths = [truth for together in told for truth in together]
    assert len(truths) == len(run.exchanges) == (TIMES + 1) * len(told[0])
    assert {name for truth in truths for name in truth} == expected
    errors: dict[str, list[float]] = defaultdict(list)
    named = set()
    for round_, together in list(enumerate(told))[1:]:
        first = round_ * len(together)
        positions = sorted(
            range(first, first + len(together)), key=lambda position: run.exchanges[position].duration_ns
        )
        in_order = sorted(together, key=lambda truth: sum(truth.values()))
        worst: dict[str, float] = defaultdict(float)
        for position, truth in zip(positions, in_order, strict=True):
            found: dict[str, float] = defaultdict(float)
            for phase in phases_of(run, position):
                found[phase.name] += phase.own_ns / 1e6
                # A short one is the beginning or end of a transaction, where a connection is taken or given back.
                if phase.kind in WITH_LINES and phase.name in expected and phase.own_ns > 10e6:
                    named.add(phase.name)
                    assert line_is_right(runner, run, position, phase), phase
            whole = max(sum(truth.values()), 1)
            for name in {*expected, *found} - (UNTOLD - expected):
                error = (found.get(name, 0) - truth.get(name, 0)) / whole
                worst[name] = max(worst[name], error, key=abs)
        for name, error in worst.items():
            errors[name].append(error)
    # Not what took so long once: the first request makes the connection, and a busy machine delays anything now and then.
    later = truths[len(told[0]) :]
    long = {name for name in expected if median(truth.get(name, 0) for truth in later) > 10}
    assert named >= {name for name in long if name.startswith(tuple(WITH_LINES))}
    for name, wrong in errors.items():
        filled = [*wrong, *[0.0] * (TIMES - len(wrong))]
        assert sorted(map(abs, filled))[1] <= 0.05, (name, wrong)


ENTERED = {"dependency entered", "dependency entered_in_thread"}
NESTED = {f"dependency of_{name}" for name in ("app", "outer_router", "inner_router", "route")}
VIEWED = {"dependency of_route", "dependency of_inner_router"}
ASYNC = {
    "body",
    "validation",
    *ENTERED,
    "dependency of_route",
    "dependency Called",
    "handler handler",
    "outbound HTTP",
    "redis",
    "serialisation",
    "background run_later",
    "background rest_later",
}
LAYERS = {"middleware Pure", "middleware Based", "middleware by_decorator"}


@pytest.mark.parametrize(
    ("app", "request_line", "expected"),
    [
        ("plain", "POST /async", ASYNC),
        (
            "plain",
            "GET /def",
            {
                "dependency connection",
                "connection wait",
                "dependency Paging",
                "dependency Filters",
                "dependency Inherited",
                "handler in_thread",
                "database",
                "serialisation",
            },
        ),
        ("app", "GET /outer/inner/nested/3", {*NESTED, "handler nested"}),
        ("plain", "GET /decorated", {"dependency of_app", "handler decorated"}),
        ("plain", "GET /failing", {"dependency entered", "handler failing"}),
        ("plain", "GET /views/rested", {*VIEWED, "handler Items.rested"}),
        ("plain", "GET /views/paused", {*VIEWED, "handler Items.paused"}),
        ("plain", "GET /views/controller/rested", {*VIEWED, "handler Controller.rested"}),
        (
            "plain",
            "GET /views/controller/paused",
            {"dependency Controller.needed", "handler Controller.paused"},
        ),
        ("plain", "GET /streams/async", {"dependency entered", "handler streamed", "response"}),
        ("plain", "GET /streams/sync", {"handler streamed_in_thread", "response"}),
        ("plain", "GET /streams/events", {"handler events", "response"}),
        ("plain", "GET /streams/generator", {"response"}),
        ("layered", "GET /app/outer/inner/nested/3", {*LAYERS, *NESTED, "handler nested"}),
        ("layered", "POST /plain/async", {*LAYERS, *ASYNC}),
        ("layered", "GET /plain/views/rested", {*LAYERS, *VIEWED, "handler Items.rested"}),
        (
            "layered",
            "GET /plain/streams/async",
            {*LAYERS, "dependency entered", "handler streamed", "response"},
        ),
        ("layered", "GET /plain/streams/sync", {*LAYERS, "handler streamed_in_thread", "response"}),
    ],
)
def test_shares_and_lines(
    runner: Runner, redis_url: str, app: str, request_line: str, expected: set[str]
) -> None:
    method, path = request_line.split()
    runner.variables["STORE"] = redis_url
    requests = ONE_BY_ONE.format(times=TIMES, method=method, path=path).strip()
    is_true(runner, runner.script(DRIVE.format(app=app, requests=requests), phases=True), expected)


@pytest.mark.parametrize(
    ("path", "threads", "expected"),
    [
        ("/queued", 1, {"thread wait", "handler queued"}),
        ("/pooled", 40, {"connection wait", "dependency connection", "database", "handler pooled"}),
    ],
)
def test_waiting_for_one_another(runner: Runner, path: str, threads: int, expected: set[str]) -> None:
    requests = AT_ONCE.format(times=TIMES, path=path, threads=threads).strip()
    is_true(runner, runner.script(DRIVE.format(app="plain", requests=requests), phases=True), expected)
