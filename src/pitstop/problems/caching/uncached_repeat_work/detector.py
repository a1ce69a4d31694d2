"""Requests that asked the same, got the same, and each paid for one dear piece of work in full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, TraceEvidence
from pitstop.problems.exchanges import FOR_MACHINES, Request, function_of, requests, site_of, told_at
from pitstop.problems.findings import merge_places

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.phases import Phase
    from pitstop.traces.store import Traces

_TIMES = 3
_DEAR_MS = 50.0
"""A cached answer takes about 1 ms under FastAPI, so that from here on a cache gains what a person feels: 50 times and more."""
_SHARE = 0.5
"""Where no single piece of work has half of the time, there is something else to mend before a cache."""
_WAITS = ("thread wait", "connection wait", "garbage collection")
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "CALL", "TRUNCATE"})
_FOR_ONE = ("authorization", "cookie", "x-api-key", "accept", "accept-language", "range")
"""Headers by which two requests for the same path ask for different things."""
_IMPACT = Impact(
    text="the repeated requests answer from memory or Redis",
    expected=(10.0, 60.0),
    source="50 KB of JSON worked out against the same bytes kept: 60×; pitstop's own measurement",
)


@dataclass(frozen=True, slots=True)
class _Work:
    """The dearest piece of work of one request."""

    kind: str
    ms: float
    share: float
    """Of the time of the request."""
    function: FunctionInfo
    site: Site | None


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each piece of work that requests for the same thing paid for again and again."""
    yield from merge_places(_find(traces, project))


def _find(traces: Traces, project: Project) -> Iterator[Finding]:
    told: set[tuple[str, int]] = set()
    for group in sorted(_same(traces), key=len, reverse=True):
        first, *again = group
        if len({request.exchange.response_body for request in group}) > 1:
            continue
        works = [_dearest(project, request) for request in again]
        if any(work is None or work.ms < _DEAR_MS or work.share < _SHARE for work in works):
            continue
        least = min((work for work in works if work is not None), key=lambda work: work.ms)
        node = least.site.node if least.site is not None else least.function.node
        if (first.exchange.endpoint, id(node)) not in told:
            told.add((first.exchange.endpoint, id(node)))
            yield _finding(first, len(group), least)


def _same(traces: Traces) -> list[list[Request]]:
    """Requests that read, by what they asked for, as long as nobody wrote in between; a test has its own data."""
    groups: dict[object, list[Request]] = defaultdict(list)
    writes = 0
    for request in requests(traces):
        exchange = request.exchange
        if _writes(request):
            writes += 1
        elif exchange.status == 200 and _may_be_kept(request):
            headers = tuple(request.sent(name) for name in _FOR_ONE)
            asked = (exchange.endpoint, exchange.path, exchange.query, headers)
            groups[id(request.run), exchange.test, writes, asked].append(request)
    return [group for group in groups.values() if len(group) >= _TIMES]


def _writes(request: Request) -> bool:
    exchange = request.exchange
    return (
        exchange.method not in ("GET", "HEAD", "OPTIONS")
        or bool(exchange.changes)
        or any(statement.operation in _WRITING for statement in exchange.statements)
    )


def _may_be_kept(request: Request) -> bool:
    """Whether a client is not told to keep the answer anyway, or that nobody may."""
    exchange = request.exchange
    return (
        exchange.method == "GET"
        and bool(exchange.route)
        and not FOR_MACHINES.search(exchange.route)
        and not request.answered("cache-control")
        and bool(exchange.response_body)
    )


def _dearest(project: Project, request: Request) -> _Work | None:
    """The statement, call or handler that took most of a request; None where the source does not show it."""
    phases = request.phases()
    phase = max(phases, key=lambda phase: phase.own_ns, default=None)
    if phase is None:
        return None
    place = _place(project, request, phase)
    if place is None:
        return None
    waits = sum(each.own_ns for each in phases if each.kind in _WAITS)
    # What a handler only waits for, a pause or something that nobody records, may be the point of it. CPU time is counted for
    # the process as a whole.
    if phase.kind == "handler" and not request.is_alone:
        return None
    worked = min(phase.own_ns, request.exchange.cpu_ns) if phase.kind == "handler" else phase.own_ns
    share = phase.own_ns / max(request.exchange.duration_ns - waits, 1)
    return _Work(phase.kind, worked / 1e6, share, *place)


def _place(project: Project, request: Request, phase: Phase) -> tuple[FunctionInfo, Site | None] | None:
    exchange = request.exchange
    if phase.kind == "database":
        return site_of(project, request.frames(exchange.statements[phase.sequence].stack))
    if phase.kind == "outbound HTTP":
        call = exchange.calls[phase.sequence]
        # What is sent may be an order; what a language model says has a problem of its own.
        reads = call.method == "GET"
        return site_of(project, request.frames(call.stack)) if reads and call.llm is None else None
    if phase.kind == "handler":
        function = function_of(project, phase.place)
        return (function, None) if function is not None else None
    return None


def _finding(first: Request, times: int, work: _Work) -> Finding:
    what = {"database": "this statement", "outbound HTTP": "this call"}.get(work.kind, "computing it")
    exchange = first.exchange
    size = exchange.response_bytes / 1000
    return told_at(
        work.function,
        work.site,
        problem="uncached-repeat-work",
        domain="caching",
        severity="medium",
        # What tests and generated requests ask again says nothing of how often people do.
        confidence="likely",
        message=f"`{work.function.name}` works the same answer out anew each time it is asked for: {work.ms:.0f} ms for {what}",
        evidence=(
            TraceEvidence(
                text=f"{exchange.endpoint} was asked {times} times for the same (`{first.asked}`) with no write in between, and answered "
                f"the same {size:.1f} kB each time; of each repetition {what} took {work.ms:.0f} ms or more",
                figures={"requests": float(times), "duration_ms": round(work.ms, 3)},
                route=exchange.endpoint,
            ),
        ),
        impact=_IMPACT,
    )
