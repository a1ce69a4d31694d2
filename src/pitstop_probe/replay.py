"""Sends recorded requests to an app in this process: `python -m pitstop_probe.replay APP --requests FILE.jsonl`.

APP is `module:name` of an app or of a function that makes one. A line of the file is one request:
`{"method", "path", "query", "headers": [[name, value], ...], "body": base64}`. Lifespan runs around them, as under a server.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib
import inspect
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from . import start

Message = dict[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

USAGE, UNUSABLE = 2, 3


def load(name: str) -> App:
    """Import the app; a function without required arguments that is no ASGI app itself is called for it."""
    module_name, _, attributes = name.partition(":")
    found: Any = importlib.import_module(module_name)
    for attribute in (attributes or "app").split("."):
        found = getattr(found, attribute)
    if inspect.isfunction(found) and len(inspect.signature(found).parameters) < 3:
        found = found()
    app: App = found
    return app


class Lifespan:
    """Start-up and shut-down of an app, as a server runs them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._state: Message = {}
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._stopped: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        failure = message.get("message", "") or kind if kind.endswith(".failed") else ""
        future = self._started if ".startup." in kind else self._stopped
        if not future.done():
            future.set_result(failure)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        try:
            await self._app(scope, self._messages.get, self._send)
        except BaseException as error:
            if not self._started.done():
                # An app may not know of lifespan at all: then it raises at once, and is used without.
                self._started.set_result("" if not isinstance(error, Exception) else f"?{error!r}")
            elif not self._stopped.done():
                self._stopped.set_result(repr(error))
        finally:
            for future in (self._started, self._stopped):
                if not future.done():
                    future.set_result("")

    async def start(self) -> Message:
        """Run the start-up; the state that requests share. Raises RuntimeError where the app says that it failed."""
        self._task = asyncio.ensure_future(self._run())
        self._messages.put_nowait({"type": "lifespan.startup"})
        failure = await self._started
        if failure and not failure.startswith("?"):
            raise RuntimeError(f"the app did not start: {failure}")
        return self._state

    async def stop(self) -> None:
        """Run the shut-down."""
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        failure = await self._stopped
        if failure:
            sys.stderr.write(f"the app did not shut down in order: {failure}\n")
        if self._task is not None:
            await self._task


async def send_one(app: App, request: Message, state: Message) -> int:
    """Send one recorded request; the status of the answer, 500 where the app raised without one."""
    headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in request.get("headers") or ()]
    if not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", b"testserver"))
    path = request["path"]
    scope: Message = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request["method"],
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("utf-8"),
        "query_string": (request.get("query") or "").encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        "state": dict(state),
    }
    messages: list[Message] = [
        {"type": "http.request", "body": base64.b64decode(request.get("body") or ""), "more_body": False}
    ]
    over = asyncio.get_running_loop().create_future()
    status = 0

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.shield(over)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif not message.get("more_body") and not over.done():
            over.set_result(None)

    try:
        await app(scope, receive, send)
    except Exception as error:
        sys.stderr.write(f"{request['method']} {path}: {error!r}\n")
        return status or 500
    return status


async def replay(app: App, requests: list[Message]) -> int:
    """Send all requests, one after the other; how many were sent."""
    lifespan = Lifespan(app)
    state = await lifespan.start()
    try:
        for request in requests:
            await send_one(app, request, state)
    finally:
        await lifespan.stop()
    return len(requests)


def read(path: str) -> list[Message]:
    """The requests of a file. Raises ValueError that names the line which cannot be read."""
    requests: list[Message] = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                request = json.loads(line)
                if not isinstance(request["method"], str) or not isinstance(request["path"], str):
                    raise TypeError("method and path are text")
                base64.b64decode(request.get("body") or "", validate=True)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: no request can be read here: {error!r}") from error
            requests.append(request)
    return requests


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pitstop_probe.replay", description=__doc__)
    parser.add_argument("app", help="module:name")
    parser.add_argument("--requests", required=True, help="file of requests, one JSON object a line")
    arguments = parser.parse_args()
    sys.path.insert(0, os.getcwd())
    try:
        requests = read(arguments.requests)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    try:
        app = load(arguments.app)
    except (ImportError, AttributeError) as error:
        sys.stderr.write(f"{arguments.app} cannot be imported: {error!r}\n")
        return UNUSABLE
    try:
        count = asyncio.run(replay(app, requests))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    if start.PROBE is not None:
        start.PROBE.output.put({"type": "end", "of": count})
    sys.stdout.write(f"{count} requests sent\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
