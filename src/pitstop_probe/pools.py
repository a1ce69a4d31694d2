"""What requests wait for before they can send a statement: a connection of an exhausted pool, or one that is opened for them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .output import EFFECTS
from .real import Real
from .request import MOST_OF_A_KIND, Request
from .state import Probe

SHORTEST_NS = 100_000
"""A shorter wait is that for a lock nobody held for long."""
WAIT, CONNECT = "connection wait", "connect"


class Pools:
    """Wraps the methods of pools in which requests wait."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def wrap(
        self, owner: type | None, name: str, kind: str, *, when: Callable[..., bool] | None = None
    ) -> None:
        """Note how long a method takes; with `when`, only of calls whose arguments it is true of."""
        original: Callable[..., Any] | None = None if owner is None else owner.__dict__.get(name)
        if original is None:
            return
        probe, note = self._probe, self.note

        @functools.wraps(original)
        def waited(self_: Any, *args: Any, **named: Any) -> Any:
            request = probe.current()
            if request is None or (when is not None and not when(*args, **named)):
                return original(self_, *args, **named)
            start = Real.perf_ns()
            try:
                return original(self_, *args, **named)
            finally:
                note(request, kind, start, Real.perf_ns())

        setattr(owner, name, waited)

    def wrap_async(self, owner: type | None, name: str, kind: str) -> None:
        """The same of a coroutine method."""
        original: Callable[..., Any] | None = None if owner is None else owner.__dict__.get(name)
        if original is None:
            return
        probe, note = self._probe, self.note

        @functools.wraps(original)
        async def waited(self_: Any, *args: Any, **named: Any) -> Any:
            request = probe.current()
            if request is None:
                return await original(self_, *args, **named)
            start = Real.perf_ns()
            try:
                return await original(self_, *args, **named)
            finally:
                note(request, kind, start, Real.perf_ns())

        setattr(owner, name, waited)

    def note(self, request: Request, kind: str, start: int, end: int) -> None:
        """Note what a request has waited for, if it was long enough to tell."""
        if end - start < SHORTEST_NS or request.closed:
            return
        try:
            if len(request.waits) >= MOST_OF_A_KIND:
                self._probe.output.lost(EFFECTS)
                return
            request.waits.append((kind, start, end, self._probe.stacks.here(None, request)))
        except Exception as error:
            self._probe.fault("pool", error)


def _blocks(block: Any = True, *_rest: Any, **_named: Any) -> bool:
    """Whether a queue is asked to wait: SQLAlchemy does only where a pool has given all it may."""
    return bool(block)


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the pools of SQLAlchemy and asyncpg as they are imported."""
    pools = Pools(probe)

    def queues(module: ModuleType) -> None:
        for name in ("Queue", "AsyncAdaptedQueue"):
            pools.wrap(getattr(module, name, None), "get", WAIT, when=_blocks)

    after("sqlalchemy.util.queue", queues)
    after("sqlalchemy.pool.base", lambda module: pools.wrap(module.Pool, "_create_connection", CONNECT))

    def asyncpg(module: ModuleType) -> None:
        pools.wrap_async(module.Pool, "_acquire", WAIT)
        # Within it: what opens a connection has not waited for one.
        pools.wrap_async(module.PoolConnectionHolder, "connect", CONNECT)

    after("asyncpg.pool", asyncpg)
