"""Requests to a server on loopback, in order or at a rate, timed as a client sees them."""

from __future__ import annotations

import asyncio
import base64
import re
from collections import deque
from collections.abc import Callable, Sequence

import httptools
import msgspec

from pitstop.workload.recorded import Request

PATIENCE_S = 30.0
"""How long an answer may take; one that never ends, as of a stream, must not hold up the others."""
_MOST_CONNECTIONS = 256
_CHUNK = 1 << 16
_UNSENDABLE = re.compile(r"[\r\n\0]")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request: its status, 0 where no answer came, and seconds from when it was due to the last byte."""

    status: int
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether the server failed to answer, or said so itself."""
        return self.status == 0 or self.status >= 500


def send_in_order(
    port: int, requests: Sequence[Request], on_answer: Callable[[int], None] = lambda _: None
) -> list[Answer]:
    """Send each request once, the next after the answer to the last, over one connection. `on_answer` is told how many."""

    async def send() -> list[Answer]:
        pool = _Pool(port)
        answers: list[Answer] = []
        for request in requests:
            answers.append(await pool.send(request, asyncio.get_running_loop().time()))
            on_answer(len(answers))
        await pool.close()
        return answers

    return asyncio.run(send())


def send_at_rate(port: int, requests: Sequence[Request], *, rate: float, seconds: float) -> list[Answer]:
    """Send requests in turn, `rate` a second whether or not answers come, for so many seconds.

    Time counts from when a request was due: a server that stands still for a second makes all that fell into it wait, and a
    client that waited with it would not see that.
    """

    async def send() -> list[Answer]:
        loop = asyncio.get_running_loop()
        pool = _Pool(port)
        start = loop.time()
        under_way: set[asyncio.Task[Answer]] = set()
        tasks: list[asyncio.Task[Answer]] = []
        for number in range(max(int(rate * seconds), 1)):
            due = start + number / rate
            await asyncio.sleep(max(due - loop.time(), 0))
            task = loop.create_task(pool.send(requests[number % len(requests)], due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            tasks.append(task)
        answers = list(await asyncio.gather(*tasks))
        await pool.close()
        return answers

    return asyncio.run(send())


class _Pool:
    """Connections to one port: an idle one is taken up again, and there are never more than 256."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: deque[_Connection] = deque()
        self._made: list[_Connection] = []
        self._free = asyncio.Semaphore(_MOST_CONNECTIONS)

    async def send(self, request: Request, due: float) -> Answer:
        clock = asyncio.get_running_loop().time
        async with self._free:
            try:
                status = await asyncio.wait_for(self._send(request), PATIENCE_S)
            except (TimeoutError, OSError, EOFError, httptools.HttpParserError):
                status = 0
        return Answer(status=status, seconds=clock() - due)

    async def _send(self, request: Request) -> int:
        again = bool(self._idle)
        connection = self._idle.popleft() if again else await self._connect()
        try:
            status = await connection.exchange(request)
        except (OSError, EOFError):
            connection.close()
            if not again:
                raise
            connection = await self._connect()  # the server had closed the idle one
            status = await connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        return status

    async def _connect(self) -> _Connection:
        connection = await _Connection.to(self._port)
        self._made.append(connection)
        return connection

    async def close(self) -> None:
        """Close all connections, and wait until they are: the loop ends after this."""
        for connection in self._made:
            connection.close()
        await asyncio.gather(*(connection.closed() for connection in self._made), return_exceptions=True)


class _Connection:
    """One connection; also what the parser calls."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self._bodiless = self._complete = self._begun = self._measured = False
        self.reusable = False

    @classmethod
    async def to(cls, port: int) -> _Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port), f"127.0.0.1:{port}")

    async def exchange(self, request: Request) -> int:
        self._bodiless = request.method == "HEAD"
        self._complete = self.reusable = self._begun = False
        self._parser = httptools.HttpResponseParser(self)
        self._writer.write(self._encoded(request))
        await self._writer.drain()
        while not self._complete:
            part = await self._reader.read(_CHUNK)
            if part:
                self._parser.feed_data(part)
            elif self._begun and not self._measured:
                break  # an answer without a length ends with its connection
            else:
                raise EOFError
        return int(self._parser.get_status_code())

    def on_header(self, name: bytes, _: bytes) -> None:
        self._measured = self._measured or name.lower() in (b"content-length", b"transfer-encoding")

    def on_message_begin(self) -> None:
        self._measured = False

    def on_headers_complete(self) -> None:
        self._begun = True
        self._complete = self._complete or self._bodiless

    def on_message_complete(self) -> None:
        # of an answer to HEAD the parser awaits a body that never comes
        self.reusable = not self._bodiless and self._parser.should_keep_alive()
        self._complete = True

    def _encoded(self, request: Request) -> bytes:
        body = base64.b64decode(request.body)
        target = request.path + (f"?{request.query}" if request.query else "")
        lines = [f"{request.method} {target} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in request.headers]
        if body or request.method in ("POST", "PUT", "PATCH"):
            lines.append(f"content-length: {len(body)}")
        safe = [_UNSENDABLE.sub(" ", line) for line in lines]
        return ("\r\n".join(safe) + "\r\n\r\n").encode("latin-1", "replace") + body

    def close(self) -> None:
        self._writer.close()

    async def closed(self) -> None:
        await self._writer.wait_closed()
