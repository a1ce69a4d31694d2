"""WebSocket connections: each leaves a record as a request does, of method `WEBSOCKET`.

A connection is open for as long as its client likes. So its clock is that of what runs beside requests, it has no phases and
no CPU time, and it is told between which of its messages something happened.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Awaitable, Callable
from typing import Any

from .encoding import Later
from .output import EFFECTS, dumps
from .real import Real, after_fork
from .request import CURRENT, NOBODY, NOWHERE, SECOND, Body, Message, Request, Size, opened
from .state import Probe
from .tally import BEGUN

METHOD = "WEBSOCKET"
OPENED, REFUSED, FAILED = 101, 403, 500
UNREADABLE = "pitstop.unreadable_message"
MOST_TURNS = 100_000
"""Messages of one connection of which it is known when they passed."""

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Messages(Size):
    """The messages that went one way: how many bytes they had and, where they are to be kept, JSON of one a line.

    A text is a string, bytes are Base64 in an object.
    """

    __slots__ = ("_lines",)

    def __init__(self, kept: bool) -> None:
        super().__init__()
        self._lines = Body() if kept else Size()

    def take(self, message: Message) -> None:
        """Take in the next one."""
        self.size += _size(message)
        if type(self._lines) is Body:
            data = message.get("bytes")
            told = (
                message.get("text") if data is None else {"base64": b2a_base64(data, newline=False).decode()}
            )
            self._lines.add(dumps(told).encode("ascii") + b"\n")

    @property
    def content(self) -> bytes:  # type: ignore[override]  # what a `Size` has none of
        """The lines; of too many, `sha256:` and their digest."""
        return self._lines.content


class Connection(Request):
    """What is known of one connection so far. `status` is 101, or what it was refused with; 0 while it is neither."""

    lasting = True
    received: Messages
    sent: Messages
    turns: list[int]
    """When a message passed, either way."""

    close_code = 0
    messages_in = 0
    messages_out = 0
    gone = False
    """The client has left."""

    async def receive(self) -> Message:
        """The server's `receive`, through which messages are seen."""
        message = await self.server_receive()
        try:
            kind = message["type"]
            if kind == "websocket.receive":
                self.messages_in += 1
                self._passed()
                self.received.take(message)
            elif kind == "websocket.disconnect":
                self.gone = True
                self.close_code = self.close_code or message.get("code") or 0
        except Exception:
            self.failed(self.error or UNREADABLE)
        return message

    def send(self, message: Message) -> Awaitable[None]:
        """The server's `send`, through which messages and the answer to the handshake are seen."""
        try:
            kind = message["type"]
            if kind == "websocket.send":
                self.messages_out += 1
                self._passed()
                self.sent.take(message)
            elif kind == "websocket.accept":
                self.status = OPENED
                self.response_headers = _accepted(message)
            elif kind == "websocket.close":
                self.status = self.status or REFUSED
                self.close_code = self.close_code or message.get("code") or 1000
            elif kind == "websocket.http.response.start":
                self.status = message["status"]
                self.response_headers = message.get("headers") or ()
            elif kind == "websocket.http.response.body":
                self.sent.add(message.get("body") or b"")
        except Exception:
            self.failed(self.error or UNREADABLE)
        return self.server_send(message)

    def _passed(self) -> None:
        if len(self.turns) < MOST_TURNS:
            self.turns.append(Real.perf_ns())


def _accepted(message: Message) -> Any:
    """The headers that a connection was accepted with; the server adds the protocol that was chosen to them."""
    protocol = message.get("subprotocol")
    headers = message.get("headers") or ()
    return headers if protocol is None else [*headers, (b"sec-websocket-protocol", protocol.encode())]


def _size(message: Message) -> int:
    """The bytes of a message as they go over the wire, without the frame."""
    data, text = message.get("bytes"), message.get("text")
    if data is not None:
        return len(data)
    if text is None:
        return 0
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class Connections:
    """Follows connections from the handshake to the end, and writes one record each."""

    def __init__(self, probe: Probe, mounted: Callable[[Request], str]) -> None:
        """`mounted` gives the template of the path of an app without routes of its own; empty where it is the outermost."""
        self._probe = probe
        self._mounted = mounted
        self._bodies = probe.config.bodies
        self.open: set[Connection] = set()
        self.begun = 0
        """How many there have been so far."""
        probe.stacks.border(self.follow.__code__)
        probe.at_exit.append(self.leave_open)
        after_fork(self.open.clear)

    async def follow(
        self, app: Any, call: Callable[..., Awaitable[None]], scope: Message, receive: Receive, send: Send
    ) -> None:
        """Run an app for one connection; what happens meanwhile is the connection's."""
        request = self._begin(app, scope, receive, send)
        if request is None:
            await call(app, scope, receive, send)
            return
        pair = self._probe.pair
        if pair is not None:
            # A repetition of another request could send something into this connection.
            pair.in_flight += 1
        token = CURRENT.set(request)
        whole = True
        try:
            running = call(app, scope, request.receive, request.send)
            request.running = running
            await running
        except Exception as error:
            name = f"{type(error).__module__}.{type(error).__qualname__}"
            if not (request.gone and name == "starlette.websockets.WebSocketDisconnect"):
                request.failed(name)
            raise
        except BaseException:  # cancelled, as by the client of a test or a server that ends
            whole = False
            raise
        finally:
            if pair is not None:
                pair.in_flight -= 1
            try:  # noqa: SIM105  # as for each request
                CURRENT.reset(token)
            except ValueError:  # closed from another context
                pass
            self._finish(request, whole=whole)

    def _begin(self, app: Any, scope: Message, receive: Receive, send: Send) -> Connection | None:
        outer = CURRENT.get()
        if outer is not None and not outer.closed:
            return None
        probe = self._probe
        try:
            tally = probe.tally
            tally.numbers[BEGUN] = next(tally.begun)
            series = probe.series
            request = Connection()
            vars(request).update(vars(opened(series, next(series.numbers), app, scope)))
            request.server_receive = receive
            request.server_send = send
            request.plain = False
            request.received, request.sent = Messages(self._bodies), Messages(self._bodies)
            request.turns = []
            request.moments = NOBODY.moments  # none is kept, whoever notes one
            probe.remember(app)
            clock = probe.clock
            if clock is None:
                request.started = Real.seconds()
            else:
                request.started = clock.between().now / SECOND
            request.begun = Real.perf()
            if probe.watchdog is not None:
                request.heart = probe.watchdog.enter(request)
            self.open.add(request)
            self.begun += 1
            return request
        except Exception as error:
            probe.fault("connection", error)
            return None

    def _finish(self, request: Connection, *, whole: bool) -> None:
        """The app has returned or failed, or else it was cut off."""
        probe = self._probe
        self.open.discard(request)
        if request.closed:
            return
        request.ended = Real.perf()
        try:
            if request.heart is not None:
                request.heart.leave(request)
            if request.place is NOWHERE:
                request.place = (None, None, self._mounted(request), True, 0.0)
            if whole and not request.status and not request.gone:
                request.status = FAILED  # as servers answer to an app that neither accepts nor refuses
        except Exception as error:
            probe.fault("connection", error)
        request.closed = True
        untold = request.messages_in + request.messages_out - len(request.turns)
        if untold:
            probe.output.lost(EFFECTS, untold)
        request.more = {
            "close_code": request.close_code,
            "messages_in": request.messages_in,
            "messages_out": request.messages_out,
            "turns": [at - request.start for at in request.turns],
        }
        request.scope = {**request.scope, "method": METHOD}
        later = Later(request, probe.texts)
        probe.output.take(
            later, later.size + len(request.turns) * 16 + request.received.size + request.sent.size
        )

    def leave_open(self) -> None:
        """Write the connections that are open as the process ends."""
        for request in list(self.open):
            self._finish(request, whole=False)
