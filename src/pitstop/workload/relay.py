"""A relay on loopback in front of a running service: bytes pass both ways as they are, and requests are read as they pass.

Nothing is rewritten, so streams, chunked bodies, `Expect: 100-continue`, pipelining and WebSockets are the client's and the
service's affair. What cannot be read, or is too large to keep, passes all the same and is counted.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httptools

from pitstop.measures import Passed
from pitstop.workload.recorded import Request, sendable_headers

_CHUNK = 1 << 16
_LARGEST_BODY = 8 << 20
_MOST_HELD = 64 << 20
"""Bytes of all bodies that are under way at one time."""
_MOST_HEAD = 1 << 20
_PATIENCE_S = 10.0
_NO_ANSWER = b"pitstop record: the service does not answer\n"
_UNREACHABLE = (
    b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_NO_ANSWER), _NO_ANSWER)
)


class Relay:
    """Takes connections and passes them on to one address, handing each request to `take` once all of it was sent."""

    def __init__(self, address: tuple[str, int], take: Callable[[Request], None]) -> None:
        self.passed = Passed()
        self.held = 0
        self._address = address
        self._take = take
        self._failed: asyncio.Future[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, listening: list[socket.socket], stop: asyncio.Event) -> None:
        """Relay until told to stop. What `take` raises ends it."""
        self._failed = asyncio.get_running_loop().create_future()
        servers = [await asyncio.start_server(self._connected, sock=each) for each in listening]
        told = asyncio.ensure_future(stop.wait())
        try:
            ends: list[asyncio.Future[Any]] = [told, self._failed]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            for server in servers:
                server.close()
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._failed.done():
            self._failed.result()

    def keep(self, request: Request) -> None:
        """Hand a request over."""
        try:
            self._take(request)
        except Exception as error:
            if self._failed is not None and not self._failed.done():
                self._failed.set_exception(error)
            return
        self.passed.requests += 1

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._relay(reader, writer)
                writer.close()
                await writer.wait_closed()
        except asyncio.CancelledError:
            return  # it ends with the relay, and asyncio would tell of it
        finally:
            self._under_way.discard(task)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            opening = asyncio.open_connection(*self._address)
            from_service, to_service = await asyncio.wait_for(opening, _PATIENCE_S)
        except (OSError, TimeoutError):
            self.passed.unreachable += 1
            writer.write(_UNREACHABLE)
            await writer.drain()
            return
        seen = _Seen(self)
        asking = asyncio.ensure_future(_pass_on(reader, to_service, seen.feed))
        answering = asyncio.ensure_future(_pass_on(from_service, writer, None))
        try:
            done, _ = await asyncio.wait([asking, answering], return_when=asyncio.FIRST_COMPLETED)
            if asking in done and asking.exception() is None:
                await answering  # the client has said all, and awaits the rest of the answer
        finally:
            for task in (asking, answering):
                task.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)
            seen.forget()
            to_service.transport.abort()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], None] | None
) -> None:
    while data := await reader.read(_CHUNK):
        if look is not None:
            look(data)
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


class _Seen:
    """The requests of one connection; also what the parser calls."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head = 0
        self._body = bytearray()
        self._too_large = False

    def feed(self, data: bytes) -> None:
        """Look at what the client sends next."""
        while self._parser is not None and data:
            try:
                self._parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                if self._is_websocket():
                    self._relay.passed.connections += 1
                    self._parser = None
                    return
                # Others ask for HTTP/2 beside a request, which services of HTTP/1.1 leave out of account.
                data = data[upgrade.args[0] :]
                self._parser = httptools.HttpRequestParser(self)
            except httptools.HttpParserError:
                self._relay.passed.unreadable += 1
                self.forget()
                self._parser = None

    def forget(self) -> None:
        """Let go of the body that was under way."""
        self._relay.held -= len(self._body)
        self._body = bytearray()

    def on_message_begin(self) -> None:
        self.forget()
        self._url, self._headers, self._head, self._too_large = b"", [], 0, False

    def on_url(self, part: bytes) -> None:
        self._url += part
        self._grow(len(part))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        self._grow(len(name) + len(value))

    def _grow(self, more: int) -> None:
        self._head += more
        if self._head > _MOST_HEAD:
            raise OverflowError("the head of a request is too large")

    def on_body(self, part: bytes) -> None:
        relay = self._relay
        if len(self._body) + len(part) > _LARGEST_BODY or relay.held + len(part) > _MOST_HELD:
            self._too_large = True
            self.forget()
        if not self._too_large:
            self._body += part
            relay.held += len(part)

    def on_message_complete(self) -> None:
        assert self._parser is not None
        if self._too_large:
            self._relay.passed.too_large += 1
        elif not self._is_websocket():
            self._take(self._parser.get_method().decode("latin-1"))
        self.forget()

    def _is_websocket(self) -> bool:
        return any(
            name.lower() == b"upgrade" and value.lower() == b"websocket" for name, value in self._headers
        )

    def _take(self, method: str) -> None:
        target = self._url.decode("latin-1")  # the parser takes ASCII only
        try:
            url = urlsplit(target)
        except ValueError:
            url = urlsplit("*")
        path, _, query = target.partition("#")[0].partition("?")
        if not target.startswith("/"):
            path, query = url.path, url.query
        if not path.startswith("/"):  # `OPTIONS *`, and what asks for a tunnel
            self._relay.passed.unreadable += 1
            return
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)
        self._relay.keep(
            Request(
                method=method,
                path=path,
                query=query,
                headers=tuple(sendable_headers(headers)),
                body=base64.b64encode(self._body).decode(),
            )
        )
