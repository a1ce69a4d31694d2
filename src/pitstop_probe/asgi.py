"""Requests as the app's outermost `__call__` sees them."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .encoding import PACKERS, Later, is_small
from .guard import is_ours
from .output import LATE, NOT_ENCODED, PENDING_BYTES
from .pair import keep
from .phases import MOST_MOMENTS, ROUTED
from .real import Real
from .request import NOBODY, NOWHERE, SMALL_BODY, Message, Place, Request, Size, current, set_current
from .sockets import Connections
from .splice import NAMES, RUNNING, splice
from .state import Probe
from .tally import BEGUN

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Call = Callable[[Any, Any, Receive, Send], Awaitable[None]]

_COMING = f"""__pitstop_comer__ = {RUNNING}
if __pitstop_comer__.place[0] is not self: __pitstop_routed__(__pitstop_comer__, self, scope)"""
"""What a route's `handle` begins with. A request comes to the same one twice where it calls that of the class it inherits from."""
_COMING_QUICKLY = f"""__pitstop_comer__ = {RUNNING}
if __pitstop_comer__.place[0] is not self:
    __pitstop_known__ = __pitstop_places__(id(self))
    if __pitstop_known__ is None or "fastapi" in scope or scope.get("root_path") or __pitstop_comer__.closed:
        __pitstop_routed__(__pitstop_comer__, self, scope)
    else:
        __pitstop_comer__.place = __pitstop_known__
        __pitstop_moments__ = __pitstop_comer__.moments
        __pitstop_moments__.append(__pitstop_known__[4])
        __pitstop_moments__.append(__pitstop_now__())"""
"""The same where phases are told: a route that is known, and stands for itself alone, is noted without a call."""
_COMING_INCLUDED = f"""if "fastapi" in scope:
    {_COMING.replace(chr(10), chr(10) + "    ")}"""
"""The same for FastAPI's own, which leave all else to that of the class that they inherit from."""


async def _starlette_call(self: Any, scope: Any, receive: Receive, send: Send) -> None:
    # What Starlette's `__call__` has been since 0.23. It has no docstring, for it is compared as it is compiled.
    scope["app"] = self
    if self.middleware_stack is None:
        self.middleware_stack = self.build_middleware_stack()
    await self.middleware_stack(scope, receive, send)


class Recorder:
    """Wraps the apps' classes and routes, and writes one record a request."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._texts = probe.texts
        self.bodies = probe.config.bodies
        self._routes: dict[int, Place] = {}
        """By the id of the route or of what says how it was included; the references keep the ids from being used again."""
        self._connections = Connections(probe, _of_mount)
        self.follow = self._connections.follow

    def wrap_app(self, owner: type) -> None:
        """Make every app of a class leave its requests. Sub-apps and subclasses inside of a request count once."""
        original: Call = owner.__dict__["__call__"]
        inner: Call | None = self.inner(original)
        recorder, probe, bodies = self, self._probe, self.bodies
        output, clock, texts, tally = probe.output, probe.clock, probe.texts, probe.tally
        import asyncio.events  # noqa: F401  # any app of these has it; from now on `running_loop` is the real one

        now, cpu, running_loop = Real.perf, Real.cpu, probe.running_loop
        # Called only where it is something else: another version, or somebody's wrapper.
        inner = None if inner is original and _is_like(original, _starlette_call) else inner

        async def call(self: Any, scope: Any, receive: Receive, send: Send) -> None:
            # All that runs for each request stands here: a call of a function costs as much as ten lines of it. What is rare stands
            # elsewhere, for a coroutine of more than half a kilobyte, which some 45 variables make, is paid for with as much again.
            if scope["type"] != "http":
                if scope["type"] == "websocket":
                    await recorder.follow(self, original, scope, receive, send)
                else:
                    await original(self, scope, receive, send)
                return
            outer, request = current(), None
            if outer is None or (outer.closed and not outer.silent):
                try:
                    tally.numbers[BEGUN] = next(tally.begun)
                    request = Request()
                    request.series = probe.series
                    request.number = next(request.series.numbers)
                    request.app = self
                    request.scope = scope
                    request.headers = scope["headers"]
                    request.server_receive = receive
                    request.server_send = send
                    request.place = NOWHERE
                    request.moments = []
                    request.hits = {}
                    request.closed = False
                    request.plain = bodies
                    request.sent = None if bodies else Size()
                    if self is not probe.latest_app:
                        probe.remember(self)
                    if clock is None:
                        request.started = Real.seconds()
                    else:
                        clock.latest = request.started = clock.latest + 1.0
                    request.cpu = cpu() - output.spent
                    request.begun = now()
                    watchdog = probe.watchdog
                    if watchdog is None:
                        heart = None
                    else:
                        heart = watchdog.latest
                        if heart is not None and heart.loop is running_loop():
                            heart.requests.append(request)
                            if not watchdog.worker.awake:
                                watchdog.worker.rouse()
                        else:
                            heart = watchdog.enter(request)
                except Exception as error:
                    probe.fault("request", error)
                    request = None
            elif len(outer.moments) > MOST_MOMENTS:
                # A request may send its own app any number of others.
                del outer.moments[MOST_MOMENTS + 2 :]
                outer.around = None
            if request is None:
                await original(self, scope, receive, send)
                return
            if probe.pair is not None:
                request.kept = keep(scope)
                probe.pair.in_flight += 1
            set_current(request)
            try:
                if inner is None:
                    scope["app"] = self
                    if self.middleware_stack is None:
                        self.middleware_stack = self.build_middleware_stack()
                    request.running = self.middleware_stack(scope, request, request.send)
                else:
                    request.running = inner(self, scope, request, request.send)
                await request.running
            except BaseException as error:
                recorder.failed(request, error)
                if current() is not request:  # closed from another context, as a generator may be
                    outer = current()
                raise
            finally:
                set_current(outer)  # to set is cheaper than to reset
                took = cpu() - output.spent - request.cpu
                ended = request.ended
                if ended == 0.0:
                    request.ended = ended = now()
                request.closed = True
                try:
                    if heart is not None:
                        if heart.samples:
                            heart.leave(request)
                        else:
                            heart.requests.remove(request)
                            if ended > heart.ended:
                                heart.ended = ended
                except Exception as error:
                    probe.fault("watchdog", error)
                try:
                    sent, moments = request.sent, request.moments
                    size = len(sent)
                    # The rare case comes first: Python compares faster where it has not to jump far.
                    if not request.plain or size > SMALL_BODY:
                        request.cpu = took
                        recorder.leave(request)
                    else:
                        # What is equal as it is need not be hashed, which takes twice as much.
                        last = texts.last(scope["path"])
                        if last is not None and last[1] == (
                            request.series,
                            scope["method"],
                            scope["query_string"],
                            request.place,
                            request.status,
                            request.headers,
                            request.response_headers,
                            request.hits,
                        ):
                            alike = last[0]
                        else:
                            alike = recorder.alike(request)
                        count, pack = PACKERS[len(moments)]
                        sent = pack(
                            count, alike, size, 0.0,
                            request.number, request.started, request.begun, ended, took, *moments,
                        ) + sent  # fmt: skip
                        if output.held < PENDING_BYTES:
                            output.held += len(sent)
                            output.pending.append(sent)
                            if not output.worker.awake:
                                output.worker.rouse()
                        else:
                            output.lost(LATE)
                except Exception:
                    # It has no body, or as many moments as none had before; or a thread that it has left has just added to them.
                    request.cpu = took
                    recorder.leave(request)
                if probe.pair is not None and request.kept is not None:
                    probe.pair.in_flight -= 1
                    await probe.pair.exchange(self, original, request, request.kept)

        vars(call)["__wrapped__"] = original
        probe.stacks.border(call.__code__)
        setattr(owner, "__call__", call)  # noqa: B010  # the class is typed otherwise

    def inner(self, original: Call) -> Call:
        """What runs an app for a request."""
        return original

    def wrap_route(self, owner: type) -> None:
        """Learn from a route's `handle` which template and endpoint a request came to."""
        original = owner.__dict__["handle"]
        routed = self._routed

        @functools.wraps(original)
        def handle(self: Any, scope: Any, receive: Receive, send: Send) -> Any:
            request = current(NOBODY)
            if request.place[0] is not self:
                routed(request, self, scope)
            return original(self, scope, receive, send)

        # A wrapper costs more than what it notes, so there is one only where the code cannot be had.
        code = getattr(original, "__code__", None)
        names = () if code is None else code.co_varnames[:2]
        calls = () if code is None else code.co_names
        coming = _COMING if self._probe.places is None else _COMING_QUICKLY
        if "handle" in calls and original.__globals__.get("_FASTAPI_SCOPE_KEY") == "fastapi":
            coming = _COMING_INCLUDED
        used = {
            **NAMES,
            "__pitstop_routed__": routed,
            "__pitstop_places__": self._routes.get,
            "__pitstop_now__": Real.perf,
        }
        if names != ("self", "scope") or not splice(original, coming, **used):
            setattr(owner, "handle", handle)  # noqa: B010  # the class is typed otherwise

    def _routed(self, request: Request, route: Any, scope: Any) -> None:
        """A request has come to a route that is new to it."""
        if request.closed:
            return
        try:
            inner = scope.get("fastapi")
            effective = None if inner is None else inner.get("effective_route_context")
            known = self._routes.get(id(route if effective is None else effective))
            if known is None or known[0] is not route:
                known = self._learn_route(route, effective, scope)
            if scope.get("root_path"):
                known = (*known[:2], _mounted(request, scope) + known[2], *known[3:])
            request.place = known
            routed = known[4]
            if routed:
                moments = request.moments
                moments.append(routed)
                moments.append(Real.perf())
        except Exception as error:
            self._probe.fault("route", error)

    def _learn_route(self, route: Any, effective: Any, scope: Any) -> Place:
        path: str = getattr(route, "path", "")
        if effective is not None and getattr(effective, "original_route", None) is route:
            path = getattr(effective, "path", "") or effective.path_format
        endpoint = scope.get("endpoint") or getattr(route, "endpoint", None)
        if len(self._routes) > 10_000:
            self._routes.clear()
        places = self._probe.places
        routed = (
            0.0 if places is None else ROUTED + (places.shifted(endpoint) if endpoint is not None else 0.0)
        )
        known = route, effective, path, _runs_on_loop(endpoint), routed
        self._routes[id(route if effective is None else effective)] = known
        return known

    def failed(self, request: Request, error: BaseException) -> None:
        """Note what has left the app for a request."""
        stacks = self._probe.stacks
        stack = 0 if is_ours(error) else stacks.raised(error)
        within = stacks.within(error) if stack else ""
        request.failed(f"{type(error).__module__}.{type(error).__qualname__}", stack, within)

    def alike(self, request: Request) -> float:
        """The number of what a request, which has nothing but its own numbers, has in common with others."""
        self._place(request)
        return self._texts.alike(request)

    def _place(self, request: Request) -> None:
        """Give a request that no route has taken the template of the app in charge."""
        if request.place is NOWHERE and request.scope.get("app_root_path") is not None:
            request.place = (None, None, _of_mount(request), True, 0.0)

    def leave(self, request: Request) -> None:
        """Leave the record of a request that has more than its own numbers."""
        probe, texts = self._probe, self._texts
        try:
            if request.moment is not None and probe.clock is not None:
                probe.clock.after_request(request.moment)
            self._place(request)
            later = Later(request, texts)
            if is_small(request):
                record = later.encode()
                probe.output.take(record, len(record))
            else:
                probe.output.take(later, later.size)
        except Exception as error:
            probe.fault("encode", error)
            probe.output.lost(NOT_ENCODED)


def _is_like(function: Any, known: Any) -> bool:
    """Whether a function is compiled to what another one is, so that it does the same; neither has names of its module's."""
    code, other = getattr(function, "__code__", None), known.__code__
    same = ("co_code", "co_names", "co_varnames", "co_consts", "co_freevars", "co_argcount")
    return code is not None and all(getattr(code, each) == getattr(other, each) for each in same)


def _of_mount(request: Request) -> str:
    """The template for what no route has taken: that of the app mounted for it; empty for the outermost."""
    mounted = _mounted(request, request.scope)
    return mounted + "/{path}" if mounted else ""


def _mounted(request: Request, scope: Any) -> str:
    """The path under which the app in charge is mounted, as a template; empty for the outermost."""
    root_path: str = scope.get("root_path") or ""
    outer = scope.get("app_root_path")
    if outer is None:
        outer = getattr(request.app, "root_path", "")
    if not root_path or root_path == outer or not root_path.startswith(outer):
        return ""
    prefix = root_path[len(outer) :]
    for name, value in (scope.get("path_params") or {}).items():
        prefix = (prefix + "/").replace(f"/{value}/", f"/{{{name}}}/")[:-1]
    return prefix


def _runs_on_loop(endpoint: Any) -> bool:
    import inspect  # by now the app has it; the start of the interpreter should not pay for it

    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    if (
        inspect.iscoroutinefunction(endpoint)
        or inspect.isasyncgenfunction(endpoint)
        or inspect.isclass(endpoint)
    ):
        return True
    call = getattr(endpoint, "__call__", None)  # noqa: B004  # the method itself is looked at, not whether there is one
    return inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the classes of Starlette and FastAPI as soon as they are imported."""
    recorder = (probe.recorder or Recorder)(probe)
    if probe.config.memory:
        from .memory import MemoryRecorder

        recorder = MemoryRecorder(probe)

    def routes(module: ModuleType, *names: str) -> None:
        for name in names:
            owner = getattr(module, name, None)
            if owner is not None and "handle" in owner.__dict__:
                recorder.wrap_route(owner)

    after("starlette.applications", lambda module: recorder.wrap_app(module.Starlette))
    after("starlette.routing", lambda module: routes(module, "Route", "WebSocketRoute"))

    def fastapi(module: ModuleType) -> None:
        # FastAPI's `__call__` ends in Starlette's, and wrapping both costs each request twice. But before FastAPI 0.74 it was
        # the outer one that closed the dependencies.
        if "AsyncExitStack" in module.FastAPI.__call__.__code__.co_names:
            recorder.wrap_app(module.FastAPI)

    after("fastapi.applications", fastapi)
    after("fastapi.routing", lambda module: routes(module, "APIRoute", "APIWebSocketRoute"))
