"""The lock-step with another process that runs the same workload with other code: stop after each exchange, echo when told.

See ARCHITECTURE.md, "Lock-step". In this mode the process waits on purpose, and only the coordinator decides for how long.
"""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .heap import Heap
from .leaving import listening
from .output import dumps
from .real import Real, after_fork
from .request import CURRENT, Request, opened
from .state import Probe

SAFE_METHODS = frozenset({"GET", "HEAD"})
SAFE_OPERATIONS = frozenset(
    {"SELECT", "WITH", "VALUES", "SHOW", "EXPLAIN", "PRAGMA", "BEGIN", "START", "COMMIT", "ROLLBACK"}
    | {"SAVEPOINT", "RELEASE", "SET"}
)

Message = dict[str, Any]
Call = Callable[
    [Any, Any, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class Pair:
    """The line to the coordinator."""

    def __init__(self, probe: Probe, path: str, side: str) -> None:
        self._probe = probe
        self._path = path
        self._side = side
        self._turn = threading.Lock()
        self._line: Any = None
        self._broken = False
        self._leaving = listening()
        self._heap = Heap(f"{probe.config.seed}:{side}")
        self.in_flight = 0
        """How many requests are being answered for the first time."""

    def forked(self) -> None:
        """A forked child speaks on a line of its own."""
        self._line = None
        self._turn = threading.Lock()

    def _say(self, message: Message) -> Message:
        if self._line is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.connect(self._path)
            self._line = connection.makefile("rwb", buffering=65536)
            self._line.write((dumps({"side": self._side}) + "\n").encode())
        self._line.write((dumps(message) + "\n").encode())
        self._line.flush()
        answer = self._line.readline()
        if not answer:
            raise ConnectionError("the coordinator closed the line")
        found: Message = json.loads(answer)
        return found

    async def exchange(self, app: Any, call: Call, request: Request, scope: Message) -> None:
        """Report an exchange that is over, and repeat it as often as the coordinator wants.

        The repetitions leave no records, stand at the same moment and draw the same random numbers as the first.
        """
        if self._broken:
            return
        probe = self._probe
        import asyncio  # the app has it by now

        while not self._turn.acquire(blocking=False):
            await asyncio.sleep(0)  # another exchange is being repeated, perhaps on this very loop
        watchdog, probe.watchdog = probe.watchdog, None
        try:
            message = {
                "key": request.key,
                "route": request.route,
                "method": scope["method"],
                "status": request.status,
                "echo": not self.in_flight
                and is_repeatable(request, scope, may_have_left=self._leaving.may_have_left),
            }
            answer = self._say(message)
            while not answer.get("go"):
                times, at_once = int(answer["times"]), max(int(answer.get("at_once", 1)), 1)
                answer = self._say(await self._repeat(app, call, request, scope, times, at_once))
        except Exception as error:
            self._give_up()
            probe.fault("pair", error)
        finally:
            probe.watchdog = watchdog
            self._turn.release()

    def _give_up(self) -> None:
        """Close the line, so that the coordinator does not wait for what will not come."""
        self._broken = True
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.close()

    async def _repeat(
        self, app: Any, call: Call, request: Request, scope: Message, times: int, at_once: int
    ) -> Message:
        import asyncio

        cpu: list[int] = []
        wall: list[int] = []
        each: list[list[int]] = []
        statuses: set[int] = set()
        failure = ""
        try:
            for _ in range(times):
                ends: list[int] = []
                echoes = [_echo(app, call, request, scope, ends=ends) for _ in range(at_once)]
                self._heap.shuffle()
                gc.collect(0)
                wall_before, cpu_before = Real.perf_ns(), Real.cpu_ns()
                if at_once == 1:
                    statuses.add(await echoes[0])
                else:
                    statuses.update(await asyncio.gather(*echoes))
                cpu.append((Real.cpu_ns() - cpu_before) // at_once)
                wall.append((Real.perf_ns() - wall_before) // at_once)
                each.append([end - wall_before for end in ends])
        except Exception as error:
            failure = type(error).__name__
        answer: Message = {"cpu_ns": cpu, "wall_ns": wall, "each_ns": each}
        if failure or statuses - {request.status}:
            answer["unlike"] = failure or sorted(statuses)
        return answer


def is_repeatable(request: Request, scope: Message, *, may_have_left: bool = True) -> bool:
    """Whether an exchange left nothing behind that another one could tell, on this machine or any other.

    Where no other machine was ever spoken to, tests answer the calls themselves: asked again, at worst they answer otherwise, and that
    is seen.
    """
    return (
        scope["method"] in SAFE_METHODS
        and not request.error
        and request.received_whole is not None
        and not request.changes
        and all(each.operation in SAFE_OPERATIONS for each in request.statements)
        and not any(each.written() for each in request.commands)
        and (not may_have_left or all(_stays_here(call.url) for call in request.calls))
    )


def keep(scope: Message) -> Message:
    """A copy of a scope before the app writes into it."""
    kept = dict(scope)
    kept["headers"] = list(scope["headers"])
    for name in ("state", "extensions"):
        if isinstance(scope.get(name), dict):
            kept[name] = dict(scope[name])
    return kept


async def played(app: Any, call: Call, request: Request, scope: Message) -> tuple[int, Any, bytes]:
    """Ask again what has been answered, and return status, headers and body."""
    headers: list[Any] = []
    body = bytearray()

    def take(message: Message) -> None:
        headers.extend(message.get("headers") or ())
        body.extend(message.get("body") or b"")

    status = await _echo(app, call, request, scope, take)
    return status, headers, bytes(body)


def _nothing(_message: Message) -> None:
    pass


async def _echo(
    app: Any,
    call: Call,
    request: Request,
    scope: Message,
    take: Callable[[Message], None] = _nothing,
    ends: list[int] | None = None,
) -> int:
    import asyncio

    own = keep(scope)
    echo = opened(request.series, request.number, app, own)
    echo.closed = echo.silent = True
    echo.started = request.started  # where its clock stands too
    messages: list[Message] = [{"type": "http.request", "body": request.received_whole, "more_body": False}]
    over = asyncio.get_running_loop().create_future()

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.shield(over)  # the client stays until it has its answer
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        take(message)
        if message["type"] == "http.response.start":
            echo.status = message["status"]
        elif not message.get("more_body") and not over.done():
            over.set_result(None)

    token = CURRENT.set(echo)
    try:
        await call(app, own, receive, send)
    finally:
        CURRENT.reset(token)
        if ends is not None:
            ends.append(Real.perf_ns())
    return echo.status


def _stays_here(url: str) -> bool:
    host = url.partition("://")[2].partition("/")[0]
    return host.rpartition(":")[0].strip("[]") in ("127.0.0.1", "localhost", "::1") or host in (
        "127.0.0.1",
        "localhost",
    )


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Open the line where the host asked for lock-step."""
    if probe.config.pair:
        pair = probe.pair = Pair(probe, probe.config.pair, probe.config.side)
        after_fork(pair.forked)
