"""Requests as the app's outermost `__call__` sees them."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .encoding import Later, encode, is_small
from .pair import keep
from .real import Real
from .request import CURRENT, LARGEST_BODY, Body, Request
from .state import Probe

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Call = Callable[[Any, Any, Receive, Send], Awaitable[None]]


class Recorder:
    """Wraps the apps' classes and routes, and writes one record a request."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._texts = probe.texts
        self._bodies = probe.config.bodies
        self._routes: dict[tuple[int, int], tuple[Any, Any, str, bool]] = {}

    def wrap_app(self, owner: type) -> None:
        """Make every app of a class leave its requests. Sub-apps and subclasses inside of a request count once."""
        original: Call = owner.__dict__["__call__"]
        begin, finish, probe = self.begin, self.finish, self._probe
        receiving, sending = self.receiving, self.sending

        async def call(self: Any, scope: Any, receive: Receive, send: Send) -> None:
            request = None
            if scope["type"] == "http":
                request = CURRENT.get()
                outermost = request is None or (request.closed and not request.silent)
                request = begin(self, scope) if outermost else None
            if request is None:
                await original(self, scope, receive, send)
                return
            pair = probe.pair
            kept = keep(scope) if pair is not None else None
            token = CURRENT.set(request)
            try:
                running = original(self, scope, receiving(request, receive), sending(request, send))
                request.running = running
                await running
            except BaseException as error:
                request.error = f"{type(error).__module__}.{type(error).__qualname__}"
                raise
            finally:
                try:  # noqa: SIM105  # each request would pay for the context manager
                    CURRENT.reset(token)
                except ValueError:  # closed from another context, as a generator may be
                    pass
                finish(request)
                if pair is not None and kept is not None:
                    await pair.exchange(self, original, request, kept)

        vars(call)["__wrapped__"] = original
        self._probe.stacks.border(call.__code__)
        setattr(owner, "__call__", call)  # noqa: B010  # the class is typed otherwise

    def wrap_route(self, owner: type) -> None:
        """Learn from a route's `handle` which template and endpoint a request came to."""
        original = owner.__dict__["handle"]
        probe, note = self._probe, self._note_route

        @functools.wraps(original)
        def handle(self: Any, scope: Any, receive: Receive, send: Send) -> Any:
            request = CURRENT.get()
            if request is not None and request.handler is not self and not request.closed:
                try:
                    request.handler = self
                    note(request, self, scope)
                except Exception as error:
                    probe.fault("route", error)
            return original(self, scope, receive, send)

        setattr(owner, "handle", handle)  # noqa: B010  # the class is typed otherwise

    def _note_route(self, request: Request, route: Any, scope: Any) -> None:
        inner = scope.get("fastapi")
        effective = inner.get("effective_route_context") if inner is not None else None
        place = (id(route), id(effective))
        known = self._routes.get(place)
        if known is None:
            if len(self._routes) > 10_000:
                self._routes.clear()
            known = self._routes[place] = self._learn_route(route, effective, scope)
        request.endpoint_on_loop = known[3]
        request.route = known[2] if not scope.get("root_path") else _mounted(request, scope) + known[2]

    def _learn_route(self, route: Any, effective: Any, scope: Any) -> tuple[Any, Any, str, bool]:
        path: str = getattr(route, "path", "")
        if effective is not None and getattr(effective, "original_route", None) is route:
            path = getattr(effective, "path", "") or effective.path_format
        endpoint = scope.get("endpoint") or getattr(route, "endpoint", None)
        return (
            route,
            effective,
            path,
            _runs_on_loop(endpoint),
        )  # the references keep the ids from being used again

    def begin(self, app: Any, scope: Any) -> Request | None:
        """A request has come in. None where the probe cannot follow it."""
        probe = self._probe
        try:
            probe.requests += 1
            test = probe.test
            request = Request(probe.requests, f"{test or 'replay'}#{probe.phase}{probe.next_number()}", scope)
            request.test = test
            request.app = app
            if app is not probe.latest_app:
                probe.remember(app)
            if self._bodies:
                request.headers = scope["headers"]
            if probe.clock is not None:
                moment = request.moment = probe.clock.next_request()
                request.started_ns = moment.start
            else:
                request.started_ns = Real.time_ns()
            if probe.watchdog is not None:
                probe.watchdog.enter(request)
            probe.in_flight += 1
            request.cpu = Real.cpu_ns() - probe.output.spent_ns
            request.start = Real.perf_ns()
            return request
        except Exception as error:
            probe.fault("request", error)
            return None

    def finish(self, request: Request) -> None:
        """The app has returned, background tasks included."""
        probe = self._probe
        now = Real.perf_ns()
        request.cpu = Real.cpu_ns() - probe.output.spent_ns - request.cpu
        if not request.end:
            request.end = now
        probe.in_flight -= 1
        try:
            if request.heart is not None:
                request.heart.leave(request, now)
            if probe.clock is not None:
                probe.clock.after_request(request.moment)
            if request.handler is None and request.scope.get("app_root_path") is not None:
                mounted = _mounted(request, request.scope)
                request.route = mounted + "/{path}" if mounted else ""
        except Exception as error:
            probe.fault("request", error)
        request.closed = True
        request.app = request.running = request.handler = None
        try:
            if is_small(request):
                probe.output.put_text(encode(request, self._texts))
            else:
                probe.output.put(Later(request, self._texts))
        except Exception as error:
            probe.fault("encode", error)

    def sending(self, request: Request, send: Send) -> Send:
        """The app's `send`, through which the answer is seen."""
        bodies = self._bodies

        def sent(message: Message) -> Awaitable[None]:
            try:
                if message["type"] == "http.response.start":
                    request.status = message["status"]
                    if bodies:
                        request.response_headers = message.get("headers") or ()
                else:
                    part = message.get("body")
                    if part:
                        request.response_bytes += len(part)
                        if bodies:
                            if request.sent or len(part) > LARGEST_BODY or type(part) is not bytes:
                                _keep_part(request, part)
                            else:
                                request.sent = part
                    if not message.get("more_body"):
                        request.end = Real.perf_ns()
            except Exception:
                request.error = request.error or "pitstop.unreadable_message"
            return send(message)

        return sent

    def receiving(self, request: Request, receive: Receive) -> Receive:
        """The app's `receive`, through which the body is seen where it is to be kept."""
        if not self._bodies:
            return receive

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                part = message.get("body")
                if part:
                    if request.received is None:
                        request.received = Body()
                    request.received.add(part)
            return message

        return received


def _keep_part(request: Request, part: Any) -> None:
    sent = request.sent
    if not isinstance(sent, Body):
        body = request.sent = Body()
        if sent:
            body.add(sent)
        sent = body
    sent.add(bytes(part))


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

    def routes(module: ModuleType, *names: str) -> None:
        for name in names:
            owner = getattr(module, name, None)
            if owner is not None and "handle" in owner.__dict__:
                recorder.wrap_route(owner)

    after("starlette.applications", lambda module: recorder.wrap_app(module.Starlette))
    after("starlette.routing", lambda module: routes(module, "Route"))
    after("fastapi.applications", lambda module: recorder.wrap_app(module.FastAPI))
    after("fastapi.routing", lambda module: routes(module, "APIRoute"))
