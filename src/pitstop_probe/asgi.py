"""Requests as the app's outermost `__call__` sees them."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .encoding import Later, encode, is_small
from .guard import is_ours
from .output import NOT_ENCODED
from .pair import keep
from .phases import MOST_MOMENTS, ROUTED
from .real import Real
from .request import CURRENT, Message, Request, Size, current, opened
from .sockets import Connections
from .state import Probe
from .tally import BEGUN

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Place = tuple[Any, Any, str, bool]
"""A route, in which way it was included, its template, and whether its endpoint runs on the loop."""
Call = Callable[[Any, Any, Receive, Send], Awaitable[None]]


class Recorder:
    """Wraps the apps' classes and routes, and writes one record a request."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._texts = probe.texts
        self._bodies = probe.config.bodies
        self._routes: dict[int, Place] = {}
        """By the id of the route or of what says how it was included; the references keep the ids from being used again."""
        self._connections = Connections(probe, _of_mount)

    def wrap_app(self, owner: type) -> None:
        """Make every app of a class leave its requests. Sub-apps and subclasses inside of a request count once."""
        original: Call = owner.__dict__["__call__"]
        begin, finish, probe, follow = self.begin, self.finish, self._probe, self._connections.follow
        set_current, reset_current = CURRENT.set, CURRENT.reset

        async def call(self: Any, scope: Any, receive: Receive, send: Send) -> None:
            request = None
            if scope["type"] == "http":
                request = current()
                if request is None or (request.closed and not request.silent):
                    request = begin(self, scope, receive, send)
                else:
                    # A request may send its own app any number of others.
                    del request.moments[MOST_MOMENTS + 2 :]
                    request = None
            elif scope["type"] == "websocket":
                await follow(self, original, scope, receive, send)
                return
            if request is None:
                await original(self, scope, receive, send)
                return
            pair = probe.pair
            kept = None
            if pair is not None:
                kept = keep(scope)
                pair.in_flight += 1
            token = set_current(request)
            try:
                running = original(self, scope, request.receive, request.send)
                request.running = running
                await running
            except BaseException as error:
                request.error = f"{type(error).__module__}.{type(error).__qualname__}"
                if not is_ours(error):
                    request.error_stack = probe.stacks.raised(error)
                raise
            finally:
                try:  # noqa: SIM105  # each request would pay for the context manager
                    reset_current(token)
                except ValueError:  # closed from another context, as a generator may be
                    pass
                finish(request)
                if pair is not None and kept is not None:
                    pair.in_flight -= 1
                    await pair.exchange(self, original, request, kept)

        vars(call)["__wrapped__"] = original
        self._probe.stacks.border(call.__code__)
        setattr(owner, "__call__", call)  # noqa: B010  # the class is typed otherwise

    def wrap_route(self, owner: type) -> None:
        """Learn from a route's `handle` which template and endpoint a request came to."""
        original = owner.__dict__["handle"]
        probe, routes, learn = self._probe, self._routes, self._learn_route
        phases, now = probe.config.phases, Real.perf_ns

        @functools.wraps(original)
        def handle(self: Any, scope: Any, receive: Receive, send: Send) -> Any:
            request = current()
            if request is not None and request.handler is not self and not request.closed:
                try:
                    request.handler = self
                    if phases:
                        request.moments.append(ROUTED)
                        request.moments.append(now())
                    inner = scope.get("fastapi")
                    effective = None if inner is None else inner.get("effective_route_context")
                    known = routes.get(id(self if effective is None else effective))
                    if known is None or known[0] is not self:
                        known = learn(self, effective, scope)
                    request.route, request.endpoint_on_loop = known[2], known[3]
                    if scope.get("root_path"):
                        request.route = _mounted(request, scope) + known[2]
                except Exception as error:
                    probe.fault("route", error)
            return original(self, scope, receive, send)

        setattr(owner, "handle", handle)  # noqa: B010  # the class is typed otherwise

    def _learn_route(self, route: Any, effective: Any, scope: Any) -> Place:
        path: str = getattr(route, "path", "")
        if effective is not None and getattr(effective, "original_route", None) is route:
            path = getattr(effective, "path", "") or effective.path_format
        endpoint = scope.get("endpoint") or getattr(route, "endpoint", None)
        if len(self._routes) > 10_000:
            self._routes.clear()
        known = route, effective, path, _runs_on_loop(endpoint)
        self._routes[id(route if effective is None else effective)] = known
        return known

    def begin(self, app: Any, scope: Any, receive: Receive, send: Send) -> Request | None:
        """A request has come in. None where the probe cannot follow it."""
        probe = self._probe
        try:
            tally = probe.tally
            tally.numbers[BEGUN] = next(tally.begun)
            series = probe.series
            request = opened(series, next(series.numbers), app, scope)
            request.server_receive = receive
            request.server_send = send
            if not self._bodies:
                request.sent = Size()
            if app is not probe.latest_app:
                probe.remember(app)
            clock = probe.clock
            request.started_ns = Real.time_ns() if clock is None else clock.next_request()
            request.cpu = Real.cpu_ns() - probe.output.spent_ns
            request.start = Real.perf_ns()
            if probe.watchdog is not None:
                probe.watchdog.enter(request)
            return request
        except Exception as error:
            probe.fault("request", error)
            return None

    def finish(self, request: Request) -> None:
        """The app has returned, background tasks included."""
        probe = self._probe
        request.cpu = Real.cpu_ns() - probe.output.spent_ns - request.cpu
        if not request.end:
            request.end = Real.perf_ns()
        try:
            if request.heart is not None:
                request.heart.leave(request)
            if request.moment is not None and probe.clock is not None:
                probe.clock.after_request(request.moment)
            if request.handler is None and request.scope.get("app_root_path") is not None:
                request.route = _of_mount(request)
        except Exception as error:
            probe.fault("request", error)
        request.closed = True
        request.app = request.running = request.handler = None
        try:
            if request.plain or is_small(request):
                text = encode(request, self._texts)
                probe.output.take(text, len(text))
            else:
                later = Later(request, self._texts)
                probe.output.take(later, later.size)
        except Exception as error:
            probe.fault("encode", error)
            probe.output.lost(NOT_ENCODED)


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
    recorder = Recorder(probe)
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
