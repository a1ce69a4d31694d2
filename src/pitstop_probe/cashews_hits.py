"""What the service's cashews decorators were good for: counted for each function and route as calls pass, told when the process ends."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType, ModuleType
from typing import Any

from .places import code_of
from .real import after_fork
from .state import Probe

_STRATEGIES = ("cache", "early", "hit", "soft")
"""The decorators that may answer without the function. Of the others it always runs, or only sometimes is cached."""
_MOST = 10_000
"""Pairs of a function and a route that are told apart."""
_ASKED: ContextVar[Asked | None] = ContextVar("pitstop_cashews", default=None)


class Asked:
    """One call of a decorated function; `ran` once the function itself was needed for its answer."""

    __slots__ = ("code", "over", "ran")

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.ran = self.over = False


class Cashews:
    """Counts hits and misses of the user's decorated functions."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._counts: dict[tuple[CodeType, str, str], list[int]] = {}
        """Hits and misses, by the function's code, its name and the route."""
        after_fork(self._counts.clear)

    def wrap(self, module: ModuleType) -> None:
        """Wrap the strategies before the app decorates with them."""
        for name in _STRATEGIES:
            original = getattr(module, name, None)
            if original is not None:
                setattr(module, name, self._counted(original))

    def _counted(self, strategy: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(strategy)
        def made(*args: Any, **named: Any) -> Any:
            decorate = strategy(*args, **named)
            return lambda function: self._decorated(decorate, function)

        return made

    def _decorated(self, decorate: Callable[..., Any], function: Callable[..., Any]) -> Any:
        code = code_of(function)
        if code is None or not self._probe.stacks.path(code.co_filename):
            return decorate(function)
        name, count = str(getattr(function, "__qualname__", code.co_name)), self._count

        @functools.wraps(function)
        async def needed(*args: Any, **named: Any) -> Any:
            asked = _ASKED.get()
            # What is computed anew in the background was answered before.
            if asked is not None and asked.code is code and not asked.over:
                asked.ran = True
            return await function(*args, **named)

        cached = decorate(needed)

        @functools.wraps(cached)
        async def answered(*args: Any, **named: Any) -> Any:
            asked = Asked(code)
            token = _ASKED.set(asked)
            try:
                return await cached(*args, **named)
            finally:
                _ASKED.reset(token)
                asked.over = True
                count(asked, name)

        return answered

    def _count(self, asked: Asked, name: str) -> None:
        try:
            request = self._probe.current()
            route = (
                f"{request.scope['method']} {request.route}" if request is not None and request.route else ""
            )
            known = self._counts.get((asked.code, name, route))
            if known is None:
                if len(self._counts) >= _MOST:
                    return
                known = self._counts.setdefault((asked.code, name, route), [0, 0])
            known[asked.ran] += 1
        except Exception as error:
            self._probe.fault("cashews", error)

    def write(self) -> None:
        """Write the records, once."""
        counts = dict(self._counts)
        self._counts.clear()
        for (code, name, route), (hits, misses) in counts.items():
            self._probe.output.put(
                {
                    "type": "cache",
                    "kind": "cashews",
                    "name": name,
                    "path": self._probe.stacks.path(code.co_filename),
                    "line": code.co_firstlineno,
                    "route": route,
                    "hits": hits,
                    "misses": misses,
                }
            )


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Count where the host asked for it."""
    if probe.config.caches:
        cashews = Cashews(probe)
        after("cashews.decorators", cashews.wrap)
        probe.at_exit.append(cashews.write)
