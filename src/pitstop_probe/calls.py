"""One outbound call while it is under way, and what connecting took of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from .llm import Exchanged
from .real import Real
from .request import Request
from .state import Probe

UNDER_WAY: ContextVar[Call | None] = ContextVar("pitstop_call", default=None)
"""The call that the running code serves. A task that it began inherits it, and may outlive it."""

CONNECT, TLS = "connect", "tls"
Part = Callable[[dict[str, Any]], str]
"""From the named arguments of a function to the part of a call that it is."""


class Call:
    """One outbound call. Times are absolute, in nanoseconds of `perf_counter`; `connect` and `tls` are durations."""

    __slots__ = ("connect", "end", "exchanged", "method", "on_loop", "sent", "stack", "start", "tls", "url")

    def __init__(self, method: str, url: str, stack: int, on_loop: bool) -> None:
        self.method = method
        self.url = url
        self.stack = stack
        self.on_loop = on_loop
        self.exchanged: Exchanged | None = None
        self.sent = ""
        """A hash of query, headers and body; empty where it is not asked for."""
        self.connect = self.tls = 0
        self.end = 0
        self.start = Real.perf_ns()

    def entry(self, request: Request) -> dict[str, Any]:
        """What a record holds of it, which is made once: tasks that the call began hold on to it, and should not to its bodies."""
        exchanged, self.exchanged = self.exchanged, None
        found = {
            "method": self.method,
            "url": self.url,
            "start_ns": self.start - request.start,
            "duration_ns": max((self.end or request.end) - self.start, 0),
            "stack": self.stack,
            "on_loop": self.on_loop,
        }
        if self.sent:
            found["sent"] = self.sent
        if self.connect or self.tls:
            found["connect_ns"] = self.connect
            found["tls_ns"] = self.tls
        llm = None if exchanged is None else exchanged.told()
        if llm is not None:
            found["llm"] = llm
        return found

    def note(self, part: str, start: int, before: int) -> None:
        """Add what a part took, less what parts within it have noted meanwhile: `before` is the sum of all when it began."""
        took = Real.perf_ns() - start - (self.connect + self.tls - before)
        if part == TLS:
            self.tls += took
        else:
            self.connect += took


def under_way() -> Call | None:
    """The call that the running code serves, unless it is over."""
    call = UNDER_WAY.get()
    return call if call is not None and not call.end else None


def _timed(owner: Any, name: str, part: Part) -> None:
    """Note what a function takes of the call under way that connects for it."""
    original: Callable[..., Any] | None = vars(owner).get(name)
    if original is None:
        return

    @functools.wraps(original)
    def timed(*args: Any, **named: Any) -> Any:
        call = under_way()
        if call is None:
            return original(*args, **named)
        start, before = Real.perf_ns(), call.connect + call.tls
        try:
            return original(*args, **named)
        finally:
            call.note(part(named), start, before)

    setattr(owner, name, timed)


def _timed_async(owner: Any, name: str, part: Part) -> None:
    """The same of a coroutine function."""
    original: Callable[..., Any] | None = vars(owner).get(name)
    if original is None:
        return

    @functools.wraps(original)
    async def timed(*args: Any, **named: Any) -> Any:
        call = under_way()
        if call is None:
            return await original(*args, **named)
        start, before = Real.perf_ns(), call.connect + call.tls
        try:
            return await original(*args, **named)
        finally:
            call.note(part(named), start, before)

    setattr(owner, name, timed)


def _connects(_named: dict[str, Any]) -> str:
    return CONNECT


def _secures(_named: dict[str, Any]) -> str:
    return TLS


def _secures_with_ssl(named: dict[str, Any]) -> str:
    return TLS if named.get("ssl") else CONNECT


def install(_probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap what the clients connect with, as it is imported."""

    def httpcore(module: ModuleType, kind: str, wrap: Callable[[Any, str, Part], None]) -> None:
        for name in ("connect_tcp", "connect_unix_socket"):
            wrap(getattr(module, f"{kind}Backend"), name, _connects)
        wrap(getattr(module, f"{kind}Stream"), "start_tls", _secures)

    for package in ("httpcore", "httpcore2"):
        backends = f"{package}._backends"
        after(f"{backends}.sync", lambda module: httpcore(module, "Sync", _timed))
        after(f"{backends}.anyio", lambda module: httpcore(module, "AnyIO", _timed_async))
        after(f"{backends}.trio", lambda module: httpcore(module, "Trio", _timed_async))

    def urllib3(module: ModuleType) -> None:
        for owner in (module.HTTPConnection, module.HTTPSConnection):
            _timed(owner, "connect", _connects)
        whole = "_ssl_wrap_socket_and_match_hostname"  # before urllib3 2 there is only what it calls
        _timed(module, whole if hasattr(module, whole) else "ssl_wrap_socket", _secures)

    def http_client(module: ModuleType) -> None:
        _timed(module.HTTPConnection, "connect", _connects)
        _timed(module.HTTPSConnection, "connect", _secures)  # around the other

    def aiohttp(module: ModuleType) -> None:
        _timed_async(module.TCPConnector, "_create_connection", _connects)
        # What it waits for the address and the connection is told apart only where another package opens it.
        apart = hasattr(module, "aiohappyeyeballs")
        part = _secures_with_ssl if apart else _connects
        _timed_async(module.TCPConnector, "_wrap_create_connection", part)
        _timed_async(module.TCPConnector, "_start_tls_connection", _secures)

    after("urllib3.connection", urllib3)
    after("http.client", http_client)
    after("aiohttp.connector", aiohttp)
    after("aiohappyeyeballs", lambda module: _timed_async(module, "start_connection", _connects))
