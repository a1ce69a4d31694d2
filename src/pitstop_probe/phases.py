"""Where a request's time goes inside of FastAPI: moments, noted as they pass; the host makes phases of them.

A moment is two numbers in `Request.moments`: what passed (a code, and a place in the higher bits), and when, in seconds. All
are floats, which are written for a third of what integers take, and what passed is negative, so that the two can be told
apart. Nothing is computed here: each request pays for every instruction. Dependencies are not wrapped at all. FastAPI solves what a dependency
needs by calling itself, so that the moments around that tell when the dependency itself ran. Of most functions only the
beginning is noted, for the next one's is their end.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .places import Places
from .real import Real
from .request import CURRENT, NOBODY, Message, current
from .splice import NAMES, RUNNING, splice
from .state import Probe

MOST_MOMENTS = 4000
"""Numbers that one request keeps; beyond them its phases are not told."""

ROUTED = -1.0
"""A route is found. Its place is that of the endpoint, so that nothing else has to be noted of one that needs nothing."""
SOLVE, SOLVED = -2.0, -3.0
CHECK, CHECKED = -4.0, -5.0
CALL, SERIALISE = -6.0, -8.0
SUBMIT, IN_THREAD, OUT_OF_THREAD = -10.0, -11.0, -12.0
BACKGROUND, BACKGROUND_DONE = -13.0, -14.0
CLOSE, CLOSED = -15.0, -16.0
ENTER, LEAVE = -17.0, -18.0
SEND, SENT = -19.0, -20.0
BUILT = -22.0
LEAF = -23.0
"""As `SOLVE`, of a dependency that needs no other, and of an endpoint that needs none but has a body: `FILLED` is its end, and there is
none where it takes nothing of the request either."""
COLLECT, COLLECTED = -24.0, -25.0
FILLED = -26.0

Function = Callable[..., Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Layer:
    """Stands around one middleware of the user's, and notes when it is entered and left, and what it does as the answer passes."""

    def __init__(self, app: Any, place: float) -> None:
        self._pitstop_app = app
        self._pitstop_place = place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pitstop_app, name)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        request = current() if scope["type"] == "http" else None
        if request is None or request.closed:
            await self._pitstop_app(scope, receive, send)
            return
        place, moments, now = self._pitstop_place, request.moments, Real.perf

        async def passed(message: Message) -> None:
            if len(moments) < MOST_MOMENTS:
                moments.extend((place + SEND, now()))
                try:
                    await send(message)
                finally:
                    moments.extend((place + SENT, now()))
            else:
                await send(message)

        moments.extend((place + ENTER, now()))
        try:
            await self._pitstop_app(scope, receive, passed)
        finally:
            moments.extend((place + LEAVE, now()))


class Recorder:
    """Puts itself around what FastAPI and Starlette call on the way of a request."""

    def __init__(self, probe: Probe, places: Places) -> None:
        self._probe = probe
        self._places = places
        shifted = places.shifted

        def mark(what: float) -> None:
            current(NOBODY).moments.extend((what, Real.perf()))

        def close(called: Any, stack: Any, what: float) -> None:
            request = current()
            if request is not None and not request.closed:
                # What is pushed first runs last: the end before the dependency is entered, the beginning after.
                stack.callback(mark, what + shifted(called))

        self._names = {
            **NAMES,
            "__pitstop_now__": Real.perf,
            "__pitstop_place__": places.known,
            "__pitstop_learn__": places.learn,
            "__pitstop_close__": close,
        }

    def dependencies(self, module: ModuleType) -> None:
        """Note when what a dependency needs is solved, when parameters and bodies are checked, and what runs behind a `yield`."""
        name = "solve_dependencies"
        place, nested = _place("dependant.call"), "True"
        if "dependency_cache" in _parameters(module, name):
            # Only the first has none yet: that of the endpoint, of which `ROUTED` tells.
            nested = "dependency_cache is not None or dependant.body_params"
        before = (
            f"if dependant.dependencies: {_noting(f'{SOLVE} + ({place})')}\n"
            f"elif {nested}: {_noting(f'{LEAF} + ({place})')}"
        )
        after = f"if dependant.dependencies: {_noting(SOLVED)}"
        if "values" in _variables(module, name):
            # It holds what was found for the parameters, once there is something.
            before, after = f"values = None\n{before}", f"{after}\nelif values: {_noting(FILLED)}"
        self._splice(module, name, before, after)
        for name in ("request_params_to_args", "request_body_to_args"):
            given = _first_parameter(module, name)
            self._splice(module, name, _noting(CHECK), _noting(CHECKED), only=given)
        name = "_solve_generator" if hasattr(module, "_solve_generator") else "solve_generator"
        called = "dependant.call" if "dependant" in _parameters(module, name) else "call"
        self._splice(
            module,
            name,
            f"__pitstop_close__({called}, stack, {CLOSED})",
            f"__pitstop_close__({called}, stack, {CLOSE})",
        )

    def handlers(self, module: ModuleType) -> None:
        """Note when a handler begins and when its result is serialised."""
        # Which one it is tells the outermost of what was solved.
        if self._splice(module, "run_endpoint_function", _noting(CALL)):
            self._probe.stacks.endpoint(module.run_endpoint_function.__code__)
        self._splice(module, "serialize_response", _noting(SERIALISE))

    def _splice(self, module: ModuleType, name: str, before: str, after: str = "", *, only: str = "") -> bool:
        function = getattr(module, name, None)
        done = function is not None and splice(function, before, after, only=only, **self._names)
        if function is not None and not done:
            self._probe.fault("phases", RuntimeError(f"{module.__name__}.{name} cannot be read"))
        return done

    def threads(self, module: ModuleType) -> None:
        """Note how long a function waits until a thread of anyio's takes it."""
        original: Function = module.run_sync
        now = Real.perf

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
        now, shifted = Real.perf, self._places.shifted

        async def run(self: Any) -> None:
            request = current()
            if request is None or request.closed:
                await original(self)
                return
            place, moments = shifted(self.func), request.moments
            moments.extend((place + BACKGROUND, now()))
            try:
                await original(self)
            finally:
                moments.extend((place + BACKGROUND_DONE, now()))

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
                    request.moments.extend((BUILT, Real.perf()))

        setattr(owner, "build_middleware_stack", build)  # noqa: B010  # the class is typed otherwise


class Collections:
    """Notes whole collections of garbage: a large heap stops whatever request they meet, for no fault of its code."""

    def __init__(self) -> None:
        self._start = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] < 2:
            return
        if phase == "start":
            self._start = Real.perf()
            return
        request = current()
        if request is not None and len(request.moments) < MOST_MOMENTS:
            request.moments.extend((COLLECT, self._start, COLLECTED, Real.perf()))


def _noting(what: float | str) -> str:
    """Statements that note a moment. They stand in the library's own code, for a function of ours would cost as much again."""
    moments = "__pitstop_moments__"
    return f"{moments} = {RUNNING}.moments; {moments}.append({what}); {moments}.append(__pitstop_now__())"


def _place(called: str) -> str:
    """An expression for the place of what is called."""
    return f"__pitstop_place__(id({called})) or __pitstop_learn__({called})"


def _variables(module: ModuleType, name: str) -> tuple[str, ...]:
    code = getattr(getattr(module, name, None), "__code__", None)
    return () if code is None else code.co_varnames


def _parameters(module: ModuleType, name: str) -> tuple[str, ...]:
    code = getattr(getattr(module, name, None), "__code__", None)
    return () if code is None else _variables(module, name)[: code.co_argcount + code.co_kwonlyargcount]


def _first_parameter(module: ModuleType, name: str) -> str:
    return next(iter(_parameters(module, name)), "None")


def _layered(middleware: Any, shifted: Callable[[Any], float]) -> Any:
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

    gc.callbacks.append(Collections())
    places = probe.places = Places(probe)
    after_fork(places.forget)
    recorder = Recorder(probe, places)

    after("fastapi.dependencies.utils", recorder.dependencies)
    after("fastapi.routing", recorder.handlers)
    after("anyio.to_thread", recorder.threads)
    after("starlette.background", recorder.background)
    after("starlette.applications", lambda module: recorder.layers(module.Starlette))
    after("fastapi.applications", lambda module: recorder.layers(module.FastAPI))
