"""Recorded requests sent again."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pitstop.traces.records import Run

from .runner import Runner

APP = """
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request
@asynccontextmanager
async def lifespan(app):
    print("up")
    yield {"mark": [1]}
    print("down")
def make():
    app = FastAPI(lifespan=lifespan)
    @app.post("/x/{name}")
    async def x(name: str, request: Request) -> list[str]:
        body = (await request.body()).decode()
        return [name, request.url.query, request.headers["x-own"], body, str(request.state.mark)]
    @app.get("/fails")
    async def fails():
        raise LookupError
    return app
app = make()
"""


def replay(runner: Runner, app: str, lines: list[Any], status: int = 0) -> Run:
    file = Path(runner.folder / "requests.jsonl")
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return runner.run("-m", "pitstop_probe.replay", app, "--requests", str(file), status=status)


@pytest.mark.parametrize("name", ["service:app", "service:make"])
def test_requests(runner: Runner, name: str) -> None:
    runner.write("service.py", APP)
    body = base64.b64encode(b"sent").decode()
    request = {
        "method": "POST",
        "path": "/x/a%20b",
        "query": "q=1",
        "headers": [["X-Own", "h"]],
        "body": body,
    }
    run = replay(
        runner, name, [request, {"method": "GET", "path": "/fails"}, "", {"method": "GET", "path": "/none"}]
    )
    assert [(each.key, each.status) for each in run.exchanges] == [
        ("replay#1", 200),
        ("replay#2", 500),
        ("replay#3", 404),
    ]
    assert json.loads(run.exchanges[0].body) == ["a b", "q=1", "h", "sent", "[1]"]
    assert [word for word in runner.output.split() if word in ("up", "down")] == ["up", "down"]
    assert "3 requests sent" in runner.output


@pytest.mark.parametrize(
    ("line", "said"),
    [("{", "requests.jsonl:1"), ('{"method": "GET"}', "requests.jsonl:1"), ("[]", "requests.jsonl:1")],
)
def test_a_line_that_cannot_be_read(runner: Runner, line: str, said: str) -> None:
    runner.write("service.py", APP)
    assert replay(runner, "service:app", [line], status=2).exchanges == ()
    assert said in runner.output


def test_an_app_that_cannot_be_used(runner: Runner) -> None:
    replay(runner, "missing:app", [], status=3)
    assert "missing:app cannot be imported" in runner.output
    failing = APP.replace('print("up")', 'raise ValueError("no settings")')
    runner.write("service.py", failing)
    replay(runner, "service:app", [{"method": "GET", "path": "/none"}], status=3)
    assert "no settings" in runner.output
