"""Thread pools of the standard library: what a request submits belongs to it, though no context is handed on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .request import CURRENT, Request
from .state import Probe


class Carried:
    """A submitted function that runs for the request which submitted it."""

    __slots__ = ("_function", "_request")

    def __init__(self, function: Callable[..., Any], request: Request) -> None:
        self._function = function
        self._request = request

    def __call__(self, *args: Any, **named: Any) -> Any:
        token = CURRENT.set(self._request)
        try:
            return self._function(*args, **named)
        finally:
            CURRENT.reset(token)


def install(_probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap `ThreadPoolExecutor.submit`, which `run_in_executor` goes through on every loop."""

    def pools(module: ModuleType) -> None:
        original = module.ThreadPoolExecutor.submit

        @functools.wraps(original)
        def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
            request = CURRENT.get()
            if request is not None and callable(fn):
                fn = Carried(fn, request)
            return original(self, fn, *args, **named)

        module.ThreadPoolExecutor.submit = submit

    after("concurrent.futures.thread", pools)
