"""One request while it is answered: what is gathered of it. `encoding` turns it into a record.

Whatever runs for each request is written for few instructions: attributes have defaults on the class, and what is rare is
made when it is first needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

LARGEST_BODY = 8 * 1024 * 1024
MOST_STATEMENTS = 100_000

CURRENT: ContextVar[Request | None] = ContextVar("pitstop_request", default=None)
"""The request that the running code works for; threads and tasks inherit it with their context."""


def digest(text: str) -> str:
    """A short hash that is the same in every process."""
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


class Statement:
    """One statement on its way to the database and back. Times are absolute, in nanoseconds of `perf_counter`."""

    __slots__ = ("end", "on_loop", "operation", "params", "rows", "sql", "stack", "start")

    def __init__(self, sql: str, operation: str, params: Any, stack: int, on_loop: bool, start: int) -> None:
        self.sql = sql
        self.operation = operation
        self.params = params
        self.rows = 0
        self.stack = stack
        self.on_loop = on_loop
        self.start = start
        self.end = 0


class Body:
    """A body in parts. One too large to keep is known by its SHA-256 only, so that two can still be told apart."""

    __slots__ = ("hash", "parts", "size")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.hash: Any = None

    def add(self, part: bytes) -> None:
        """Take in the next part."""
        self.size += len(part)
        if self.hash is not None:
            self.hash.update(part)
            return
        self.parts.append(bytes(part))
        if self.size > LARGEST_BODY:
            self.hash = hashlib.sha256(b"".join(self.parts))
            self.parts = []

    @property
    def content(self) -> bytes:
        """The body; of one too large, `sha256:` and its digest."""
        if self.hash is not None:
            return b"sha256:" + str(self.hash.hexdigest()).encode()
        return b"".join(self.parts)


class Request:
    """What is known of one request so far."""

    test = ""
    route = ""
    handler: Any = None
    """The route object that took the request."""
    endpoint_on_loop = True
    status = 0
    error = ""
    started_ns = 0
    start = 0
    end = 0
    cpu = 0
    closed = False
    silent = False
    """A repetition for the lock-step: it has a moment and streams, but nothing of it is kept."""
    headers: Iterable[tuple[bytes, bytes]] = ()
    response_headers: Iterable[tuple[bytes, bytes]] = ()
    received: Body | None = None
    sent: bytes | Body = b""
    response_bytes = 0
    app: Any = None
    running: Any = None
    """The coroutine of the app, through which it can be seen what the request waits for."""
    moment: Any = None
    chance: Any = None
    heart: Any = None
    hits: set[int] | None = None
    """The numbers of the instrumented places that ran."""

    def __init__(self, number: int, key: str, scope: dict[str, Any]) -> None:
        self.id = number
        self.key = key
        self.scope = scope
        self.statements: list[Statement] = []
        self.changes: list[Any] = []
        self.marks: list[Any] = []
        self.calls: list[list[Any]] = []
        self.clients: list[tuple[str, int, int]] = []
        self.blocks: list[tuple[int, int, int]] = []

    @property
    def received_whole(self) -> bytes | None:
        """The request's body; None where it was too large to keep."""
        if self.received is None:
            return b""
        return None if self.received.hash is not None else self.received.content
