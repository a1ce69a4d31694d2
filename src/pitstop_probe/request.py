"""One request while it is answered: what is gathered of it. `encoding` turns it into a record.

Whatever runs for each request is written for few instructions: attributes have defaults on the class, and what is rare is
made when it is first needed, as a list by `Made`.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Generic, TypeVar

from .real import Real

SECOND = 1_000_000_000
LARGEST_BODY = 8 * 1024 * 1024
SMALL_BODY = 64 * 1024
MOST_STATEMENTS = 100_000
_STEPS = re.compile(rb"(:\d\d\.[05]00)(?!000)\d{3}(?!\d)")
"""The end of a moment of the clock, as ISO 8601 writes it: the second or half of one, and up to a thousand steps."""
MOST_SQL = 16 * 1024 * 1024
"""Characters that the statements of one request may have altogether."""
MOST_CHANGES = 100_000
MOST_OF_A_KIND = 10_000
"""Calls, clients, files and waits of one request."""
ANSWERED = -21.0
"""The moment at which the answer begins, among those of `phases`."""

Message = dict[str, Any]
T = TypeVar("T")

Place = tuple[Any, Any, str, bool, float]
"""A route, in which way it was included, its template, whether its endpoint runs on the loop, and the moment of coming to it: see `phases`."""
NOWHERE: Place = (None, None, "", True, 0.0)

CURRENT: ContextVar[Request | None] = ContextVar("pitstop_request", default=None)
"""The request that the running code works for; threads and tasks inherit it with their context."""

current = CURRENT.get
"""What `CURRENT` holds. Of an imported name Python 3.11 would make the bound method anew at each call."""
set_current = CURRENT.set


def digest(text: str) -> str:
    """A short hash that is the same in every process, and whichever reading of the clock a moment in the text was."""
    return hashlib.blake2b(settled(text.encode("utf-8", "backslashreplace")), digest_size=8).hexdigest()


def settled(data: bytes) -> bytes:
    """Moments in a text without the microseconds by which the clock steps: which of two was read first, nobody can rely on."""
    if b".000" not in data and b".500" not in data:
        return data
    return _STEPS.sub(rb"\1~", data)


class Statement:
    """One statement on its way to the database and back. Times are absolute, in nanoseconds of `perf_counter`."""

    __slots__ = ("end", "on_loop", "operation", "params", "rows", "sql", "stack", "start")

    sql: str
    operation: str
    params: Any
    rows: int
    stack: int
    on_loop: bool
    start: int
    end: int


def begun(sql: str, operation: str, params: Any, stack: int, on_loop: bool, start: int) -> Statement:
    """A statement that begins; in place of an `__init__`, as `opened`."""
    statement = Statement()
    statement.sql = sql
    statement.operation = operation
    statement.params = params
    statement.rows = 0
    statement.stack = stack
    statement.on_loop = on_loop
    statement.start = start
    statement.end = 0
    return statement


class Body:
    """A body in parts. One too large to keep is known by its SHA-256 only, so that two can still be told apart."""

    __slots__ = ("hash", "parts", "size")

    def __init__(self) -> None:
        self.parts = bytearray()
        self.size = 0
        self.hash: Any = None

    def __len__(self) -> int:
        return self.size

    def add(self, part: bytes) -> None:
        """Take in the next part."""
        self.size += len(part)
        if self.hash is not None:
            self.hash.update(part)
            return
        if self.size > LARGEST_BODY:
            self.hash = hashlib.sha256(self.parts)
            self.hash.update(part)
            self.parts = bytearray()
        else:
            self.parts += part

    @property
    def content(self) -> bytes:
        """The body; of one too large, `sha256:` and its digest."""
        if self.hash is not None:
            return b"sha256:" + str(self.hash.hexdigest()).encode()
        return bytes(self.parts)


class Size:
    """What is known of a body that is not to be kept."""

    __slots__ = ("size",)

    content = b""

    def __init__(self) -> None:
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def add(self, part: bytes) -> None:
        """Count the next part."""
        self.size += len(part)


class Series:
    """The requests of one test in one phase, numbered from 1."""

    __slots__ = ("name", "numbers", "test", "text")

    def __init__(self, test: str, phase: str) -> None:
        self.test = test
        self.name = f"{test or 'replay'}#{phase}"
        self.numbers = itertools.count(1)
        owner = f'"test":{quoted(test)},' if test else ""
        self.text = f'{owner}"key":{quoted(self.name)}'
        """As fields of a record: the test, and how each key begins, up to the number."""


class Made(Generic[T]):
    """A list of a request that is made when it is first asked for: most requests have none of most."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, request: Request, _owner: type) -> list[T]:
        request.plain = False
        found: list[T] = request.__dict__.setdefault(self._name, [])  # two threads must not get one each
        return found


class Request:
    """What is known of one request so far. Its methods stand in for the server's `receive` and `send`."""

    series: Series
    number: int
    app: Any
    scope: Message
    headers: Iterable[tuple[bytes, bytes]]
    place: Place
    """Where it was routed to."""
    running: Any = None
    """The coroutine of the app, through which it can be seen what the request waits for."""
    server_receive: Callable[[], Awaitable[Message]]
    server_send: Callable[[Message], Awaitable[None]]
    sent: Any
    """`bytes`, a `Body` or a `Size`; None where there is no answer yet."""
    begun: float
    ended = 0.0
    """By `perf_counter`, in seconds; 0 where the answer is not yet complete."""
    closed: bool
    plain: bool
    """There are no lists, no error and no body of the client's, the clock was not looked at, and what was sent came at once."""
    heart: Any = None
    kept: Any = None
    """A copy of its scope, where it is to be repeated: see `pair`."""
    moment: Any = None
    moments: list[float]
    """What passed and when, as `phases` describes it; empty unless the host asked for it."""
    hits: dict[int, None]
    """The numbers of the instrumented places that ran: a dict takes one in for less than a set."""

    pieces = 1
    """In how many parts the body came that had something in them."""
    error = ""
    error_stack = 0
    """Where what left the app was raised."""
    error_within = ""
    """The top module that raised it, where that is not the user's."""
    status = 0
    started = 0.0
    """Seconds since the epoch."""
    cpu = 0.0
    """Seconds."""
    silent = False
    """A repetition for the lock-step: it has a moment and streams, but nothing of it is kept."""
    lasting = False
    """It goes on beside others, and its clock with theirs."""
    response_headers: Iterable[tuple[bytes, bytes]] = ()
    received: Body | Size | None = None
    chance: Any = None
    around: tuple[list[int], tuple[int, ...]] | None = None
    """The user's places around its endpoint, and what must be the same for them to be so still: see `stacks`."""
    aside = 0
    """Nanoseconds until the answer that the probe took for statements of its own."""
    aside_until = 0
    aside_cpu = 0.0
    """Until where on either clock that time is already taken off."""
    work: int | None = None
    """What the database did, in `work_unit`; None where nothing was counted, or not all could be."""
    work_unit = ""
    uncounted = False
    sql = 0
    """Characters of all statements."""
    settled = 0
    """How many changes at the beginning are committed: no rollback undoes them."""
    memory: dict[str, Any] | None = None
    """What `memory` found, if it was asked for."""
    more: dict[str, Any] | None = None
    """What its record has besides."""
    meters: dict[int, int] = {}
    """The server's counters as last read, by connection."""

    statements: Made[Statement] = Made()
    changes: Made[Any] = Made()
    marks: Made[Any] = Made()
    calls: Made[Any] = Made()
    commands: Made[Any] = Made()
    clients: Made[tuple[str, int, int]] = Made()
    files: Made[tuple[str, int, int, int, bool]] = Made()
    written: Made[str] = Made()
    """Files that it opened to write them, by their whole paths."""
    logs: Made[Any] = Made()
    errors: Made[Any] = Made()
    blocks: Made[tuple[int, int, int]] = Made()
    waits: Made[tuple[str, int, int, int]] = Made()
    holds: Made[Any] = Made()

    @property
    def route(self) -> str:
        """The template of its path; empty where no route took it."""
        return self.place[2]

    @property
    def endpoint_on_loop(self) -> bool:
        """Whether its endpoint runs on the loop, as all does that no route took."""
        return self.place[3]

    @property
    def start(self) -> int:
        """When it began, in nanoseconds of `perf_counter`."""
        return int(self.begun * SECOND)

    @property
    def end(self) -> int:
        """When its answer was complete, in nanoseconds of `perf_counter`; 0 before."""
        return int(self.ended * SECOND)

    @property
    def key(self) -> str:
        """The name of this exchange in every run."""
        return f"{self.series.name}{self.number}"

    @property
    def received_whole(self) -> bytes | None:
        """The request's body; None where it was not kept, or was too large for that."""
        if self.received is None:
            return b""
        return self.received.content if type(self.received) is Body and self.received.hash is None else None

    def takes(self, sql: str) -> bool:
        """Whether there is room for one more statement."""
        self.sql += len(sql)
        return self.sql <= MOST_SQL and len(self.statements) < MOST_STATEMENTS

    async def receive(self) -> Message:
        """The server's `receive`, through which the body is seen."""
        message = await self.server_receive()
        if message["type"] == "http.request":
            part = message.get("body")
            if part:
                if self.received is None:
                    self.received = Size() if type(self.sent) is Size else Body()
                    self.plain = False
                self.received.add(part)
        return message

    __call__ = receive
    """A request itself stands for `receive`, which few apps call: a bound method would be made for each."""

    def send(self, message: Message) -> Awaitable[None]:
        """The server's `send`, through which the answer is seen.

        A body that comes at once is kept by reference and measured when the record is written.
        """
        try:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                try:
                    self.response_headers = message["headers"]
                except KeyError:
                    self.response_headers = ()
                moments = self.moments
                if moments:
                    moments.append(ANSWERED)
                    moments.append(Real.perf())
            else:
                try:
                    part = message["body"]
                except KeyError:
                    part = b""
                if self.sent is None and type(part) is bytes:
                    self.sent = part
                elif part:
                    self._add(part)
                if "more_body" not in message or not message["more_body"]:
                    self.ended = Real.perf()
        except Exception:
            self.failed(self.error or "pitstop.unreadable_message")
        send = self.server_send  # as a method it would be looked for on the class first
        return send(message)

    def failed(self, error: str, stack: int = 0, within: str = "") -> None:
        """Note what left the app, and where it was raised."""
        self.plain = False
        self.error, self.error_stack, self.error_within = error, stack, within

    def _add(self, part: Any) -> None:
        self.plain = False
        sent = self.sent
        if sent:
            self.pieces += 1
        if sent is None or isinstance(sent, bytes):
            body = self.sent = Body()
            if sent:
                body.add(sent)
            sent = body
        sent.add(bytes(memoryview(part)))  # `bytes` alone would make a number into as many zeros


class Nobody:
    """Stands in where no request is under way, and forgets what is noted on it, but for `hits`."""

    place = NOWHERE
    closed = True
    moments: deque[float] = deque(maxlen=0)
    hits: dict[int, None] = {}


NOBODY: Any = Nobody()


def opened(series: Series, number: int, app: Any, scope: Message) -> Request:
    """A request that begins.

    In place of an `__init__`, which Python enters by way of C, at three times the price. What is read of every request is set
    here: where it is only on the class, the interpreter looks it up anew each time.
    """
    request = Request()
    request.series = series
    request.number = number
    request.app = app
    request.scope = scope
    request.headers = scope["headers"]
    request.place = NOWHERE
    request.sent = None
    request.moments, request.hits = [], {}
    request.closed = False
    request.plain = True
    return request
