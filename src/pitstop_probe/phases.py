"""Where a request's time goes inside of FastAPI: moments, noted as they pass; the host makes phases of them.

A moment is two numbers in `Request.moments`: what passed (a code, and a place in the higher bits), and when. Nothing is
computed here: each request pays for every instruction. Dependencies are not wrapped at all. FastAPI solves what a dependency
needs by calling itself, so that the moments around that tell when the dependency itself ran. Of most functions only the
beginning is noted, for the next one's is their end.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .real import Real
from .request import CURRENT, Message, Request, current
from .state import Probe

MOST_MOMENTS = 4000
"""Numbers that one request keeps; beyond them its phases are not told."""

ROUTED = 1
SOLVE, SOLVED = 2, 3
CHECK, CHECKED = 4, 5
CALL, SERIALISE = 6, 8
SUBMIT, IN_THREAD, OUT_OF_THREAD = 10, 11, 12
BACKGROUND, BACKGROUND_DONE = 13, 14
CLOSE, CLOSED = 15, 16
ENTER, LEAVE = 17, 18
SEND, SENT = 19, 20
BUILT = 22
LEAF = 23
"""As `SOLVE`, of what needs nothing: there is no `SOLVED`."""
SHIFT = 5
"""The bits of the code; those above them are the number of a place."""

Function = Callable[..., Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Places:
    """Numbers of functions and classes, each written once with its name and where it stands."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []
        """What the ids belong to, so that they are not used again."""
        self._texts: list[dict[str, Any]] = []

    def forget(self) -> None:
        """Write each place again: a forked child has a file of its own."""
        for record in self._texts:
            self._probe.output.put(record)

    def shifted(self, called: Any) -> int:
        """The number of a callable, above the bits of the code."""
        known = self._numbers.get(id(called))
        return self._learn(called) if known is None else known

    def _learn(self, called: Any) -> int:
        number = len(self._kept) + 1
        if number > 10_000:
            return 0
        shifted = self._numbers[id(called)] = number << SHIFT
        self._kept.append(called)
        code = code_of(called)
        record = {
            "type": "place",
            "id": number,
            "name": _name(called),
            "path": self._probe.stacks.path(code.co_filename) if code is not None else "",
            "line": code.co_firstlineno if code is not None else 0,
        }
        self._texts.append(record)
        self._probe.output.put(record)
        return shifted


def code_of(called: Any) -> Any:
    """The code that runs when something is called, as far as it is Python."""
    for _ in range(20):
        if isinstance(called, functools.partial):
            called = called.func
        elif hasattr(called, "__wrapped__"):
            called = called.__wrapped__
        elif hasattr(called, "__func__"):
            called = called.__func__
        else:
            break
    if isinstance(called, type):
        # What it inherits stands elsewhere.
        own = (getattr(each, "__code__", None) for each in vars(called).values())
        return min(filter(None, own), key=lambda code: code.co_firstlineno, default=None)
    if not hasattr(called, "__code__"):
        called = getattr(type(called), "__call__", None)  # noqa: B004  # the method itself is looked at
    return getattr(called, "__code__", None)


def _name(called: Any) -> str:
    while isinstance(called, functools.partial):
        called = called.func
    if not hasattr(called, "__qualname__"):
        called = type(called)
    return str(called.__qualname__)


class Layer:
    """Stands around one middleware of the user's, and notes when it is entered and left, and what it does as the answer passes."""

    def __init__(self, app: Any, place: int) -> None:
        self._pitstop_app = app
        self._pitstop_place = place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pitstop_app, name)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        request = current() if scope["type"] == "http" else None
        if request is None or request.closed:
            await self._pitstop_app(scope, receive, send)
            return
        place, moments, now = self._pitstop_place, request.moments, Real.perf_ns

        async def passed(message: Message) -> None:
            if len(moments) < MOST_MOMENTS:
                moments.extend((place | SEND, now()))
                try:
                    await send(message)
                finally:
                    moments.extend((place | SENT, now()))
            else:
                await send(message)

        moments.extend((place | ENTER, now()))
        try:
            await self._pitstop_app(scope, receive, passed)
        finally:
            moments.extend((place | LEAVE, now()))


class Recorder:
    """Puts itself around what FastAPI and Starlette call on the way of a request."""

    def __init__(self, probe: Probe, places: Places) -> None:
        self._probe = probe
        self._places = places

    def before(self, module: ModuleType, name: str, what: int, key: str = "") -> None:
        """Note when a function of a module begins; of its argument `key` the `call` is the place. What follows tells when it ended."""
        original: Function | None = getattr(module, name, None)
        if original is None:
            return
        now, shifted = Real.perf_ns, self._places.shifted

        @functools.wraps(original)
        def noted(**named: Any) -> Any:
            request = current()
            if request is not None and not request.closed:
                add = request.moments.append
                add(shifted(named[key].call) | what if key else what)
                add(now())
            return original(**named)

        setattr(module, name, noted)

    def solving(self, module: ModuleType) -> None:
        """Note when what a dependency needs is solved. Where it needs others, its own call begins when they are."""
        original: Function = module.solve_dependencies
        now, shifted = Real.perf_ns, self._places.shifted

        async def to_the_end(request: Request, place: int, named: dict[str, Any]) -> Any:
            try:
                return await original(**named)
            finally:
                request.moments.extend((place | SOLVED, now()))

        @functools.wraps(original)
        def noted(**named: Any) -> Any:
            request = current()
            if request is None or request.closed or len(request.moments) > MOST_MOMENTS:
                return original(**named)
            dependant = named["dependant"]
            place = shifted(dependant.call)
            add = request.moments.append
            if dependant.dependencies:
                add(place | SOLVE)
                add(now())
                return to_the_end(request, place, named)
            add(place | LEAF)
            add(now())
            return original(**named)

        module.solve_dependencies = noted  # type: ignore[attr-defined]

    def checks(self, module: ModuleType) -> None:
        """Note when parameters are validated, where there are any; where there are none, the answer is known."""
        original: Function | None = getattr(module, "request_params_to_args", None)
        if original is None or original([], {}) != ({}, []):
            return
        now = Real.perf_ns

        @functools.wraps(original)
        def checked(fields: Any, received: Any) -> Any:
            if not fields:
                return {}, []
            request = current()
            if request is None or request.closed:
                return original(fields, received)
            add = request.moments.append
            add(CHECK)
            add(now())
            try:
                return original(fields, received)
            finally:
                add(CHECKED)
                add(now())

        module.request_params_to_args = checked  # type: ignore[attr-defined]

    def bodies(self, module: ModuleType) -> None:
        """Note when a body is validated."""
        original: Function | None = getattr(module, "request_body_to_args", None)
        if original is None:
            return
        now = Real.perf_ns

        @functools.wraps(original)
        async def checked(*given: Any, **named: Any) -> Any:
            request = current()
            if request is None or request.closed:
                return await original(*given, **named)
            request.moments.extend((CHECK, now()))
            try:
                return await original(*given, **named)
            finally:
                request.moments.extend((CHECKED, now()))

        module.request_body_to_args = checked  # type: ignore[attr-defined]

    def generators(self, module: ModuleType) -> None:
        """Note when what stands behind the `yield` of a dependency runs."""
        name = "_solve_generator" if hasattr(module, "_solve_generator") else "solve_generator"
        original: Function | None = getattr(module, name, None)
        if original is None:
            return
        now, shifted = Real.perf_ns, self._places.shifted

        @functools.wraps(original)
        async def solved(*given: Any, **named: Any) -> Any:
            request, stack = current(), named.get("stack")
            if request is None or request.closed or stack is None:
                return await original(*given, **named)
            dependant = named.get("dependant")
            place = shifted(named.get("call") if dependant is None else dependant.call)
            moments = request.moments
            # What is pushed first runs last.
            stack.callback(lambda: moments.extend((place | CLOSED, now())))
            try:
                return await original(*given, **named)
            finally:
                stack.callback(lambda: moments.extend((place | CLOSE, now())))

        setattr(module, name, solved)

    def threads(self, module: ModuleType) -> None:
        """Note how long a function waits until a thread of anyio's takes it."""
        original: Function = module.run_sync
        now = Real.perf_ns

        @functools.wraps(original)
        def run_sync(func: Function, *args: Any, **named: Any) -> Any:
            request = CURRENT.get()
            if request is None or request.closed or len(request.moments) > MOST_MOMENTS:
                return original(func, *args, **named)
            moments = request.moments

            def started(*args: Any) -> Any:
                moments.extend((IN_THREAD, now()))
                try:
                    return func(*args)
                finally:
                    moments.extend((OUT_OF_THREAD, now()))

            moments.extend((SUBMIT, now()))
            return original(started, *args, **named)

        module.run_sync = run_sync  # type: ignore[attr-defined]

    def background(self, module: ModuleType) -> None:
        """Note when each task runs that was left for after the answer."""
        owner = module.BackgroundTask
        original: Function = owner.__dict__["__call__"]
        now, shifted = Real.perf_ns, self._places.shifted

        async def run(self: Any) -> None:
            request = current()
            if request is None or request.closed:
                await original(self)
                return
            place, moments = shifted(self.func), request.moments
            moments.extend((place | BACKGROUND, now()))
            try:
                await original(self)
            finally:
                moments.extend((place | BACKGROUND_DONE, now()))

        functools.update_wrapper(run, original)
        owner.__call__ = run

    def layers(self, owner: type) -> None:
        """Put a layer around each middleware that the user added, as the app puts them together."""
        original: Function | None = owner.__dict__.get("build_middleware_stack")
        if original is None:
            return
        probe, shifted = self._probe, self._places.shifted

        @functools.wraps(original)
        def build(self: Any) -> Any:
            added = self.user_middleware
            try:
                self.user_middleware = [
                    *(_layered(each, shifted) for each in added),
                    *map(_inmost, map(type, added[:1])),
                ]
            except Exception as error:
                probe.fault("middleware", error)
                self.user_middleware = added
            try:
                return original(self)
            finally:
                self.user_middleware = added
                request = current()
                if request is not None:
                    request.moments.extend((BUILT, Real.perf_ns()))

        setattr(owner, "build_middleware_stack", build)  # noqa: B010  # the class is typed otherwise


def _layered(middleware: Any, shifted: Callable[[Any], int]) -> Any:
    """A middleware whose making puts a layer around it."""
    made, given, named = (*middleware,) if len(tuple(middleware)) == 3 else (*middleware, {})
    given, named = ((), given) if isinstance(given, dict) else (given, named)

    def make(app: Any, *args: Any, **options: Any) -> Any:
        # A function under `@app.middleware` is what its name should be.
        function = options.get("dispatch")
        return Layer(made(app, *args, **options), shifted(function if callable(function) else made))

    functools.update_wrapper(make, made, updated=())
    return type(middleware)(make, *given, **named)


def _inmost(kind: type) -> Any:
    """What stands within all middleware of the user's: there the app itself begins."""
    return kind(lambda app: Layer(app, 0))


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Note moments where the host asked for them."""
    if not probe.config.phases:
        return
    from .real import after_fork

    places = Places(probe)
    after_fork(places.forget)
    recorder = Recorder(probe, places)

    def utils(module: ModuleType) -> None:
        recorder.solving(module)
        recorder.bodies(module)
        recorder.checks(module)
        recorder.generators(module)

    def routing(module: ModuleType) -> None:
        # Of what `utils` has wrapped by now it has imported the wrapper.
        recorder.before(module, "run_endpoint_function", CALL, "dependant")
        recorder.before(module, "serialize_response", SERIALISE)

    after("fastapi.dependencies.utils", utils)
    after("fastapi.routing", routing)
    after("anyio.to_thread", recorder.threads)
    after("starlette.background", recorder.background)
    after("starlette.applications", lambda module: recorder.layers(module.Starlette))
    after("fastapi.applications", lambda module: recorder.layers(module.FastAPI))
