"""For how long requests hold connections of SQLAlchemy's pools that can be exhausted, and how those pools are set."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .output import EFFECTS
from .pools import WAIT
from .real import Real
from .request import MOST_OF_A_KIND, Request
from .state import Probe

_STACK = "pitstop_stack"
"""Where a pool holds the stack that it was made on."""
_NUMBER = "pitstop_number"
"""And its number in the records, once a request has used it."""
_HOLD = "pitstop_hold"
"""Where what stands for a connection holds who has it."""
_MOST_POOLS = 1000
"""Pools of a process that are told of: who makes one for each request makes very many."""


class Hold:
    """A connection in the hands of a request. Times are absolute, in nanoseconds of `perf_counter`."""

    __slots__ = ("end", "pool", "start", "waited")

    def __init__(self, pool: int, waited: int) -> None:
        self.pool = pool
        self.waited = waited
        self.end = 0
        self.start = Real.perf_ns()

    def entry(self, request: Request) -> str:
        """What a record holds of it, as JSON; what was never given back is held to the request's end."""
        end = self.end or request.end
        return f"[{self.pool},{self.start - request.start},{max(end - self.start, 0)},{self.waited}]"


class Holds:
    """Notes who has a connection, from when to when."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._numbers = itertools.count(1)

    def taken(self, request: Request, pool: Any, keeper: Any, before: int) -> None:
        """A request has got a connection; `before` is how many waits it had when it began to ask."""
        try:
            if len(request.holds) >= MOST_OF_A_KIND:
                self._probe.output.lost(EFFECTS)
                return
            number = getattr(pool, _NUMBER, 0) or self._number(pool)
            waits = request.__dict__.get("waits", ())[before:]
            hold = Hold(number, sum(end - start for kind, start, end, _ in waits if kind == WAIT))
            setattr(keeper, _HOLD, hold)
            request.holds.append(hold)
        except Exception as error:
            self._probe.fault("hold", error)

    def _number(self, pool: Any) -> int:
        """Tell of a pool when it is first used."""
        number = next(self._numbers)
        setattr(pool, _NUMBER, number)
        stack = getattr(pool, _STACK, 0)
        if number <= _MOST_POOLS:
            self._probe.output.put({"type": "pool", "id": number, "stack": stack, **_told(pool)})
        return number

    def wrap(self, module: ModuleType) -> None:
        """Wrap what hands connections out and takes them back, and note where pools are made."""
        probe, taken = self._probe, self.taken
        owner = module._ConnectionRecord
        handing: Callable[..., Any] = owner.__dict__["checkout"].__func__
        taking: Callable[..., Any] = owner.checkin

        @functools.wraps(handing)
        def checkout(cls: type, pool: Any) -> Any:
            request = probe.current()
            if request is None or not hasattr(pool, "_max_overflow"):
                return handing(cls, pool)
            before = len(request.__dict__.get("waits", ()))
            fairy = handing(cls, pool)
            taken(request, pool, fairy._connection_record, before)
            return fairy

        @functools.wraps(taking)
        def checkin(self_: Any, *args: Any, **named: Any) -> Any:
            hold = self_.__dict__.pop(_HOLD, None)
            try:
                return taking(self_, *args, **named)
            finally:
                if hold is not None:
                    hold.end = Real.perf_ns()

        owner.checkout, owner.checkin = classmethod(checkout), checkin
        self._made(module.Pool)

    def _made(self, base: Any) -> None:
        """Note the stack that each pool is made on: by `__new__`, for SQLAlchemy reads the parameters of `__init__`."""
        original: Any = base.__new__
        probe = self._probe

        def made(cls: type, *args: Any, **named: Any) -> Any:
            pool = object.__new__(cls) if original is object.__new__ else original(cls, *args, **named)
            try:
                setattr(pool, _STACK, probe.stacks.here())
            except Exception as error:
                probe.fault("hold", error)
            return pool

        base.__new__ = staticmethod(made)

    def recreated(self, module: ModuleType) -> None:
        """Let what `dispose` puts in a pool's place stand for the same pool."""
        for owner in vars(module).values():
            original = isinstance(owner, type) and owner.__dict__.get("recreate")
            if original:
                setattr(owner, "recreate", _same(original))  # noqa: B010  # the class is SQLAlchemy's


def _same(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def recreate(pool: Any) -> Any:
        made = original(pool)
        made.__dict__.update(
            {name: pool.__dict__[name] for name in (_STACK, _NUMBER) if name in pool.__dict__}
        )
        return made

    return recreate


def _told(pool: Any) -> dict[str, Any]:
    """How a pool is set. SQLAlchemy writes any number as a size of 0, or an overflow below it."""
    return {
        "kind": type(pool).__name__,
        "system": pool._dialect.name,
        "size": pool.size() or None,
        "overflow": pool._max_overflow if pool._max_overflow >= 0 else None,
        "timeout_s": pool._timeout,
    }


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap SQLAlchemy's pools as they are imported."""
    holds = Holds(probe)
    after("sqlalchemy.pool.base", holds.wrap)
    after("sqlalchemy.pool.impl", holds.recreated)
