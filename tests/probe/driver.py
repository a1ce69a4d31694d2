"""Sends requests to an app by ASGI alone, as fast as it goes, and reads what was recorded and counted."""

from __future__ import annotations

from typing import Any

from pitstop.traces.reading import read_run
from pitstop.traces.records import Run

from .runner import Runner

TRIVIAL = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def root(request):
    return PlainTextResponse("1")

app = Starlette(routes=[Route("/", root)])
"""
DRIVER = """
import asyncio, os, resource, signal, sys

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def ask(app, path="/", method="GET", body=(), headers=(), raw=None):
    sent = []
    parts = [*({"type": "http.request", "body": part, "more_body": True} for part in body), {"type": "http.request"}]
    async def receive():
        return parts.pop(0) if parts else {"type": "http.disconnect"}
    async def send(message):
        sent.append((message["type"], message.get("status"), len(message.get("body", b""))))
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": list(headers),
             "raw_path": raw or b"", "root_path": "", "scheme": "http", "server": ("test", 80), "client": ("test", 1),
             "http_version": "1.1", "asgi": {"version": "3.0"}, "extensions": {}, "state": {}}
    await app(scope, receive, send)
    return sent[0][1], sum(size for *_, size in sent)
"""


def counted(runner: Runner, text: str, **orders: Any) -> Run:
    """Run a script with the driver, and read what it recorded and counted."""
    counts = runner.folder / "counts"
    counts.mkdir(exist_ok=True)
    runner.write("trivial.py", TRIVIAL)
    runner.script(DRIVER + text, counts=str(counts), **orders)
    return read_run(runner.out, counts)


def lost(run: Run) -> int:
    """Requests that were not kept."""
    return sum(each.requests for each in run.dropped)
