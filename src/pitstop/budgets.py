"""What a request may cost at most, and what the dearest one did. Frozen values of settings and reports, see `data`."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from pitstop.values import Value

Limit = Literal["max_statements", "max_bytes", "max_blocked_ms", "p95"]
TRANSACTION = frozenset({"BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET"})
"""Operations that only begin or end a transaction: as statements of a request they do not count."""
LIMITS: tuple[Limit, ...] = ("max_statements", "max_bytes", "max_blocked_ms", "p95")
UNITS: dict[Limit, str] = {
    "max_statements": "statements",
    "max_bytes": "bytes",
    "max_blocked_ms": "ms",
    "p95": "ms",
}
_Number = Annotated[int, msgspec.Meta(ge=0)]
_Time = Annotated[float, msgspec.Meta(ge=0)]


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one request of a route may cost: SQL statements, bytes of its answer, ms that it blocks the event loop.

    `p95` is what 95 % of a route's requests must be answered in, in ms.
    """

    max_statements: _Number | None = None
    max_bytes: _Number | None = None
    max_blocked_ms: _Time | None = None
    p95: _Time | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where nothing is limited."""
        if all(getattr(self, name) is None for name in LIMITS):
            raise ValueError(f"it limits nothing: say one of {', '.join(LIMITS)}")


class Spent(Value, frozen=True, kw_only=True):
    """What a route's dearest request took of a budget. `budget` is the key under which the limit stands, `test` the test that sent that request.

    `path` and `line` are where the route's handler is, where that is known.
    """

    route: str
    limit: Limit
    allowed: float
    measured: float
    requests: int
    budget: str
    test: str = ""
    path: str = ""
    line: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it took more than it may."""
        return self.measured > self.allowed


def limits_of(route: str, budgets: Mapping[str, Budget]) -> dict[Limit, tuple[float, str]]:
    """Each limit of a route with the key that says it: the route's own name before a pattern, a longer pattern before a shorter one."""
    found: dict[Limit, tuple[float, str]] = {}
    for key in sorted(
        (key for key in budgets if is_meant(route, key)), key=lambda key: (key == route, len(key))
    ):
        for limit in LIMITS:
            allowed = getattr(budgets[key], limit)
            if allowed is not None:
                found[limit] = allowed, key
    return found


def is_meant(route: str, key: str) -> bool:
    """Whether a key of the budgets, a route or a pattern with `*`, is about a route."""
    return key == route or fnmatchcase(route, key.replace("[", "[[]"))
