"""Requests of a service that a person drives by hand, recorded on their way to it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Protocol
from urllib.parse import unquote, urlsplit

from pitstop.errors import TargetError, UsageError
from pitstop.measures import Recorded
from pitstop.project import read
from pitstop.traces.access_log import shape_of
from pitstop.traces.records import WEBSOCKET, Run
from pitstop.traces.templates import templates_of
from pitstop.workload.recorded import Recording, Request
from pitstop.workload.relay import Relay

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FOR_EXAMPLE = "For example `--to http://127.0.0.1:8000`."


class Progress(Protocol):
    """Told what is done at the moment."""

    def phase(self, name: str) -> None: ...

    def step(self, text: str) -> None: ...


def address_of(url: str, *, allow_remote: bool) -> tuple[str, int]:
    """The address that a URL stands for. Raises UsageError where it is not on this machine, unless that is allowed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise UsageError(f"--to: {url} is no URL", _FOR_EXAMPLE) from None
    if parts.scheme != "http" or not host or parts.username is not None:
        raise UsageError(
            f"--to takes the URL of a service on plain HTTP, not {parts.scheme or url}", _FOR_EXAMPLE
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError("--to takes no path: paths are passed on as they are", _FOR_EXAMPLE)
    try:
        found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise UsageError(f"--to: there is no machine {host}", _FOR_EXAMPLE) from None
    here = [each for each in found if ipaddress.ip_address(each.partition("%")[0]).is_loopback]
    if not here and not allow_remote:
        raise UsageError(
            f"--to: {host} is not this machine by its loopback address, and what is sent there may hold credentials",
            "Name it as 127.0.0.1, or say `--allow-remote-target` if you mean it.",
        )
    return _answering(here or found, port, url)


def _answering(addresses: list[str], port: int, url: str) -> tuple[str, int]:
    """The first address that takes a connection: of `localhost` servers mostly have one of two."""
    for address in dict.fromkeys(addresses):
        with contextlib.suppress(OSError), socket.create_connection((address, port), 5):
            return address, port
    raise TargetError(
        f"nothing answers at {url}", "Start the service first: the recording passes requests on to it."
    )


@contextlib.contextmanager
def listening(port: int) -> Iterator[list[socket.socket]]:
    """Sockets on the loopback addresses of this machine, for connections to one port; 0 for any that is free. Raises UsageError."""
    with contextlib.ExitStack() as stack:
        try:
            first = stack.enter_context(socket.create_server(("127.0.0.1", port)))
        except (OSError, OverflowError) as error:
            in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "is in use" if in_use else "cannot be listened to"
            raise UsageError(
                f"--listen: port {port} {reason}", "Name another one, or 0 for any that is free."
            ) from None
        sockets = [first]
        with contextlib.suppress(OSError):  # not every machine has IPv6, and `localhost` may be either
            there = socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6)
            sockets.append(stack.enter_context(there))
        yield sockets


def record(
    root: Path,
    progress: Progress,
    *,
    to: str,
    port: int,
    out: Path,
    allow_remote: bool,
    say: Callable[[str], None],
) -> Recorded:
    """Pass requests on to the service at `to` until Ctrl-C, and write them to `out`; `say` is told once where to send them.

    The project at `root` is read for its routes, nothing of it is run. Raises UsageError and TargetError, before anything is
    recorded and where the file cannot be written on.
    """
    address = address_of(to, allow_remote=allow_remote)
    progress.phase("read")
    templates = templates_of(Run(), "", read(root).routes.served)
    known = tuple(route for route in templates.all if not route.startswith(WEBSOCKET))
    routes: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    with listening(port) as sockets, Recording(out) as recording:

        def take(request: Request) -> None:
            recording.add(request)
            path = unquote(request.path, errors="replace")
            route = templates.match(request.method, path)
            (routes if route else elsewhere).update([route or shape_of(request.method, path)])
            methods.update([request.method])
            progress.step(f"{request.method} {path}")

        relay = Relay(address, take)
        progress.phase("record")
        say(
            f"recording what is sent to http://127.0.0.1:{sockets[0].getsockname()[1]}, and passed on to {to}; Ctrl-C ends it"
        )
        try:
            asyncio.run(_until_told(relay, sockets))
        finally:
            if not recording.count:
                out.unlink(missing_ok=True)
    return Recorded(
        file=out,
        routes=routes,
        elsewhere=elsewhere,
        known=known,
        passed=relay.passed,
        changing=sum(times for method, times in methods.items() if method not in _READING),
    )


async def _until_told(relay: Relay, sockets: list[socket.socket]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        await relay.run(sockets, stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
