"""What came of the proof of a patch. Frozen values of which reports are made, see `data`."""

from __future__ import annotations

from typing import Literal

from pitstop.promises import ContractChange
from pitstop.values import Value

Metric = Literal[
    "statements",
    "rows",
    "commits",
    "connects",
    "held_calls",
    "blocked_ms",
    "clients",
    "work",
    "cpu",
    "duration",
    "throughput",
    "p95",
    "start_up",
    "bytes",
    "memory",
]
"""What a repair can improve. `statements`, `rows`, `commits`, `connects`, `held_calls`, `blocked_ms`, `clients`, `work` and `bytes` are counters per
request; `commits` also counts savepoints released, which stand for commits where tests roll all back; `connects` are database
connections opened; `held_calls` are calls to other servers made while a transaction was open; `work` is what the database did, in instructions of SQLite's machine or in rows that PostgreSQL's scans read; `cpu` and `duration` are times per request; `throughput` is time per request with several in flight, and `p95` what 95 % of those get their answer in;
`start_up` is the time until the app is imported, or has started; `memory` is what the largest
request of a route has allocated at once, measured only where a repair aims at it."""


class Interval(Value, frozen=True, kw_only=True):
    """A ratio after/before with its confidence interval; below 1 is better for every metric here."""

    ratio: float
    low: float
    high: float


class Change(Value, frozen=True, kw_only=True):
    """One figure before and after. `interval` is given for times, never for counters."""

    metric: Metric
    before: float
    after: float
    unit: str
    interval: Interval | None = None
    control: Interval | None = None
    """The same figure of the unchanged app against itself, in the same run."""


class RouteProof(Value, frozen=True, kw_only=True):
    """What one route answered and cost before and after."""

    route: str
    compared: int
    equal: int
    changes: tuple[Change, ...] = ()


class Difference(Value, frozen=True, kw_only=True):
    """One thing that was not as before. Of a contract, `change` says by which rule, and what it means for clients."""

    kind: Literal[
        "status", "header", "body", "rows", "call", "log", "state", "error", "contract", "test", "missing"
    ]
    where: str
    before: str
    after: str
    change: ContractChange | None = None
    test: str = ""
    """The test in which it was seen; empty where no test did it alone."""
    again: str = ""
    """A command that shows it once more, of a change that `pitstop prove` was asked about."""


class _Verdict(Value, frozen=True, kw_only=True):
    patch: str
    finding: str
    problem: str
    title: str
    reason: str
    routes: tuple[RouteProof, ...] = ()
    differences: tuple[Difference, ...] = ()
    start_up: Change | None = None
    """How long the app takes to be imported (with requests of pitstop's own, to start), where all of a change is looked at."""
    tests: str = ""
    """How the project's suite ended, e.g. `41 passed`."""
    exercised: tuple[int, int] = (0, 0)
    """Changed lines run by a request, of all changed lines that can run."""
    notes: tuple[str, ...] = ()
    """What was compared in another way than by its bytes, and why; and what is worth knowing besides."""


class Proved(_Verdict, frozen=True, kw_only=True, tag_field="outcome", tag="proved"):
    """Answers as before, exercised, and better in at least one figure aimed at, or no worse where the patch aims at none."""


class Changed(_Verdict, frozen=True, kw_only=True, tag_field="outcome", tag="changed"):
    """Something that a client, the database or a test can see is not as before."""


class NotFaster(_Verdict, frozen=True, kw_only=True, tag_field="outcome", tag="not-faster"):
    """Answers as before, and nothing aimed at got better."""


class Unproven(_Verdict, frozen=True, kw_only=True, tag_field="outcome", tag="unproven"):
    """Could not be judged: the changed lines were not exercised, or the app could not be measured."""


Verdict = Proved | Changed | NotFaster | Unproven
