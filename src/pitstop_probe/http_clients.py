"""Outbound HTTP: calls that a request makes, and clients that it builds for them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .output import EFFECTS
from .real import Real
from .request import CURRENT, MOST_OF_A_KIND, Request
from .state import Probe


class Nesting(threading.local):
    """Whether this thread is inside of a call that is already noted: one hop of redirects, or a library on another."""

    busy = False


class Clients:
    """Wraps the classes of HTTP clients."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._nesting = Nesting()

    def _begin(self, request: Request, method: Any, url: Any, blocking: bool) -> list[Any] | None:
        try:
            if len(request.calls) >= MOST_OF_A_KIND:
                self._probe.output.lost(EFFECTS)
                return None
            on_loop = blocking and self._probe.running_loop() is not None
            stack = self._probe.stacks.here(None, request)
            call = [str(method).upper(), bare(str(url)), Real.perf_ns(), 0, stack, on_loop]
            request.calls.append(call)
            return call
        except Exception as error:
            self._probe.fault("call", error)
            return None

    def wrap_call(self, owner: type, name: str, read: Callable[..., tuple[Any, Any]]) -> None:
        """Note the calls of a blocking client; `read` tells method and URL from the arguments."""
        original: Callable[..., Any] = owner.__dict__[name]
        probe, nesting = self._probe, self._nesting

        @functools.wraps(original)
        def call(self_: Any, *args: Any, **named: Any) -> Any:
            request = probe.current()
            if request is None or nesting.busy:
                return original(self_, *args, **named)
            noted = self._read(read, request, True, args, named)
            nesting.busy = True
            try:
                return original(self_, *args, **named)
            finally:
                nesting.busy = False
                if noted is not None:
                    noted[3] = Real.perf_ns()

        setattr(owner, name, call)

    def wrap_async_call(self, owner: type, name: str, read: Callable[..., tuple[Any, Any]]) -> None:
        """Note the calls of an awaiting client."""
        original: Callable[..., Any] = owner.__dict__[name]
        probe = self._probe

        @functools.wraps(original)
        async def call(self_: Any, *args: Any, **named: Any) -> Any:
            request = probe.current()
            if request is None:
                return await original(self_, *args, **named)
            noted = self._read(read, request, False, args, named)
            try:
                return await original(self_, *args, **named)
            finally:
                if noted is not None:
                    noted[3] = Real.perf_ns()

        setattr(owner, name, call)

    def _read(
        self, read: Callable[..., tuple[Any, Any]], request: Request, blocking: bool, args: Any, named: Any
    ) -> list[Any] | None:
        try:
            method, url = read(*args, **named)
        except Exception as error:
            self._probe.fault("call", error)
            return None
        return self._begin(request, method, url, blocking)

    def wrap_build(self, owner: type, name: str) -> None:
        """Note each client that is built within a request."""
        original: Callable[..., None] = owner.__dict__["__init__"]
        probe = self._probe

        @functools.wraps(original)
        def build(self_: Any, *args: Any, **named: Any) -> None:
            request = CURRENT.get()
            if request is None or request.closed:
                original(self_, *args, **named)
                return
            start = Real.perf_ns()
            try:
                original(self_, *args, **named)
            finally:
                try:
                    built = (name, probe.stacks.here(None, request), Real.perf_ns() - start)
                    if len(request.clients) < MOST_OF_A_KIND:
                        request.clients.append(built)
                    else:
                        probe.output.lost(EFFECTS)
                except Exception as error:
                    probe.fault("client", error)

        setattr(owner, "__init__", build)  # noqa: B010  # the class is typed otherwise


def bare(url: str) -> str:
    """A URL without query, fragment, user and password."""
    url = url.partition("#")[0].partition("?")[0]
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _of_request(request: Any, *_args: Any, **_named: Any) -> tuple[Any, Any]:
    return request.method, request.url


def _of_arguments(method: Any, url: Any, *_args: Any, **_named: Any) -> tuple[Any, Any]:
    return method, url


def _of_urllib(target: Any, data: Any = None, *_args: Any, **_named: Any) -> tuple[Any, Any]:
    if hasattr(target, "get_method"):
        return target.get_method(), target.full_url
    return "GET" if data is None else "POST", target


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the clients as they are imported."""
    clients = Clients(probe)

    def httpx(module: ModuleType) -> None:
        name = module.__name__
        clients.wrap_call(module.Client, "send", _of_request)
        clients.wrap_async_call(module.AsyncClient, "send", _of_request)
        clients.wrap_build(module.Client, f"{name}.Client")
        clients.wrap_build(module.AsyncClient, f"{name}.AsyncClient")

    def requests(module: ModuleType) -> None:
        clients.wrap_call(module.Session, "send", _of_request)
        clients.wrap_build(module.Session, "requests.Session")

    def aiohttp(module: ModuleType) -> None:
        clients.wrap_async_call(module.ClientSession, "_request", _of_arguments)
        clients.wrap_build(module.ClientSession, "aiohttp.ClientSession")

    after("httpx", httpx)
    after("httpx2", httpx)
    after("requests.sessions", requests)
    after("aiohttp.client", aiohttp)
    after("urllib.request", lambda module: clients.wrap_call(module.OpenerDirector, "open", _of_urllib))
