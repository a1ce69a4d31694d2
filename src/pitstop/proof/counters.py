"""What one request cost in things that can be counted, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from statistics import fmean, median

import msgspec

from pitstop.budgets import TRANSACTION
from pitstop.traces.records import Exchange, Run
from pitstop.verdicts import Metric

BLOCKED_MARGIN_MS = 10.0
"""Less than this of blocking saved on the mean request is within what the watchdog sees by chance (its step is 20 ms)."""
_BLOCKED_RATIO = 0.5
WORK_MARGINS = {"database steps": 10_000.0, "rows scanned": 1_000.0}
"""By unit, about a fifth of a millisecond of a database's work on the mean request: less is not worth a change of code."""
_WORK_RATIO = 0.5
MEMORY_MARGIN_MB = 0.25
"""Less than this is in the interpreter's own noise: caches that fill, and modules imported late."""
_MEMORY_RATIO = 0.8
_MEGABYTE = 1_000_000
_HEAVY = 4
"""Tests in which memory is measured, by each way of telling which requests are large."""
_WORK_UNITS = {"steps": "database steps", "rows": "rows scanned"}
_READING = frozenset({"SELECT", "WITH", "UPDATE", "DELETE"})
_COMMITS = frozenset({"COMMIT", "RELEASE"})
_ENDS = _COMMITS | {"ROLLBACK"}
_CALL = ""
"""Stands among the operations of statements for a call to another server."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One counter of one route as means per request, one mean for each run.

    Only exchanges that every run has are counted, so that all means are of the same requests.
    """

    route: str
    metric: Metric
    unit: str
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def steady(self) -> bool:
        """Whether all runs before agree, and all runs after do."""
        return len(set(self.before)) == 1 and len(set(self.after)) == 1

    @property
    def fell(self) -> bool:
        """Whether it is lower in each run after than in any run before.

        Blocking must fall by a margin no chance explains; work by half at least, for a row found through an index costs more
        than one of many in a row; memory by a fifth at least.
        """
        return self._is_clearly_less(max(self.after), min(self.before))

    @property
    def rose(self) -> bool:
        """Whether it is higher in each run after than in any run before, by the same margins."""
        return self._is_clearly_less(max(self.before), min(self.after))

    def _is_clearly_less(self, less: float, more: float) -> bool:
        if self.metric == "blocked_ms":
            return more - less >= BLOCKED_MARGIN_MS and less <= _BLOCKED_RATIO * more
        if self.metric == "work":
            return more - less >= WORK_MARGINS[self.unit] and less <= _WORK_RATIO * more
        if self.metric == "memory":
            return more - less >= MEMORY_MARGIN_MB and less <= _MEMORY_RATIO * more
        return less < more

    @property
    def middle(self) -> tuple[float, float]:
        """The median over the runs, before and after."""
        return median(self.before), median(self.after)


def statements(exchange: Exchange) -> int:
    """Statements that read or write; those that only begin or end a transaction are not counted."""
    return sum(1 for each in exchange.statements if each.operation not in TRANSACTION)


def commits(exchange: Exchange) -> int:
    """Transactions committed; a suite that rolls all back at its end has a savepoint released in their place."""
    return sum(1 for each in exchange.statements if each.operation in _COMMITS)


def connects(exchange: Exchange) -> int:
    """Connections to a database that were opened while the request waited for them."""
    return sum(1 for each in exchange.waits if each.kind == "connect")


def held_calls(exchange: Exchange) -> int:
    """Calls to other servers that began after a statement whose transaction was not ended before them."""
    moments = [(each.start_ns, each.operation) for each in exchange.statements]
    moments += [(each.start_ns, _CALL) for each in exchange.calls]
    held, is_open = 0, False
    for _, what in sorted(moments):
        if what == _CALL:
            held += is_open
        elif what in _ENDS:
            is_open = False
        elif what not in TRANSACTION:
            is_open = True
    return held


_COUNTERS: tuple[tuple[Metric, str, Callable[[Exchange], float]], ...] = (
    ("statements", "statements", statements),
    ("rows", "rows", lambda exchange: sum(each.rows for each in exchange.statements)),
    ("commits", "commits", commits),
    ("connects", "connections", connects),
    ("held_calls", "calls in a transaction", held_calls),
    ("blocked_ms", "ms", lambda exchange: sum(each.duration_ns for each in exchange.blocks) / 1e6),
    ("clients", "clients", lambda exchange: len(exchange.clients)),
    ("bytes", "bytes", lambda exchange: exchange.response_bytes),
)


def count(
    before: Sequence[Run],
    after: Sequence[Run],
    routes: Collection[str] = (),
    apart: Collection[str] = (),
) -> tuple[Counted, ...]:
    """All counters of the routes (of all, if none are named) over runs of the unchanged and of the changed app.

    `apart` are the keys of requests that are answered otherwise on purpose: what these cost says nothing.
    """
    runs = [{exchange.key: exchange for exchange in run.exchanges} for run in (*before, *after)]
    shared = set(runs[0]).intersection(*runs[1:]).difference(apart)
    keys: dict[str, list[str]] = defaultdict(list)
    for key, exchange in runs[0].items():
        if key in shared and (not routes or exchange.endpoint in routes):
            keys[exchange.endpoint].append(key)
    counted: list[Counted] = []
    for route, own in sorted(keys.items()):
        for metric, unit, figure in _COUNTERS:
            means = [round(fmean(figure(run[key]) for key in own), 6) for run in runs]
            counted.append(
                Counted(
                    route=route,
                    metric=metric,
                    unit=unit,
                    before=tuple(means[: len(before)]),
                    after=tuple(means[len(before) :]),
                )
            )
        work = _work(route, [[run[key] for key in own] for run in runs], len(before))
        if work is not None:
            counted.append(work)
    return tuple(counted)


def heaviest(run: Run, routes: Collection[str]) -> tuple[str, ...]:
    """The tests with the largest requests of routes, by what is sent either way, rows read, and time. Empty where no test sent any."""
    sizes: dict[str, tuple[int, int, int]] = {}
    for each in run.exchanges:
        if each.test and each.endpoint in routes:
            rows = sum(statement.rows for statement in each.statements)
            size = (each.request_bytes + each.response_bytes, rows, each.duration_ns)
            sizes[each.test] = max(sizes.get(each.test, size), size)
    largest = [sorted(sizes, key=lambda test: sizes[test][part])[-_HEAVY:] for part in range(3)]
    return tuple(dict.fromkeys(test for tests in largest for test in tests))


def weigh(before: Run, after: Run, routes: Collection[str]) -> Iterator[Counted]:
    """The memory of the routes, from a run of each version that measured it: what their largest request has allocated at once."""
    runs = [
        {
            each.key: each.memory.peak_bytes
            for each in run.exchanges
            if each.memory is not None and each.endpoint in routes
        }
        for run in (before, after)
    ]
    keys: dict[str, list[str]] = defaultdict(list)
    for each in before.exchanges:
        if each.key in runs[0] and each.key in runs[1]:
            keys[each.endpoint].append(each.key)
    for route, own in sorted(keys.items()):
        was, is_now = (max(run[key] for key in own) / _MEGABYTE for run in runs)
        yield Counted(route=route, metric="memory", unit="MB", before=(was,), after=(is_now,))


def _work(route: str, runs: Sequence[Sequence[Exchange]], before: int) -> Counted | None:
    """What the database did for the requests of a route that could be counted in every run; None if there is none."""
    figures = [[_done(exchange) for exchange in run] for run in runs]
    units = {exchange.work_unit for run in runs for exchange in run if exchange.work is not None}
    known = [n for n in range(len(figures[0])) if all(run[n] is not None for run in figures)]
    if len(units) != 1 or not known or not units <= _WORK_UNITS.keys():
        return None
    means = [round(fmean(run[n] or 0 for n in known), 6) for run in figures]
    return Counted(
        route=route,
        metric="work",
        unit=_WORK_UNITS[units.pop()],
        before=tuple(means[:before]),
        after=tuple(means[before:]),
    )


def _done(exchange: Exchange) -> int | None:
    """The work for one request: none where it read nothing, None where it is not known."""
    if exchange.work is None and not any(each.operation in _READING for each in exchange.statements):
        return 0
    return exchange.work
