"""Requests that waited for a thread for as long as all threads were taken, and what held those."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, TraceEvidence
from pitstop.problems.exchanges import Request, function_of, handler_of, requests, told_at
from pitstop.traces.phases import thread_uses

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.traces.store import Traces

_LONG_NS = 20_000_000
"""As long as a blocked loop is told from: what a person could feel where it happens a few times in a request."""
_WAITS = 3
_FEWEST = 4
"""With fewer threads at once it may be chance that none was free."""
_MOST_OF = 0.5
"""Of a wait all threads have to be taken for so long: the rest goes by until they are filled at first, and handed over later."""
_LONG_WAITS = """SELECT count(*) FROM spans WHERE "pitstop.phase" = 'thread wait' AND duration_nano >= ?"""
_HOLDERS = ("handler", "dependency", "background", "middleware")
_IMPACT = Impact(
    text="no waiting for a thread",
    expected=(1.0, 3.0),
    source="128 clients on a route that waits 100 ms in a thread, 40 threads against 200: 3×; a trivial `def` route waits 80 ms"
    " behind them; pitstop's own measurement",
)


@dataclass(frozen=True, slots=True)
class _Use:
    """A thread that was asked for, taken and given back, in nanoseconds on the clock of its process."""

    request: Request
    asked: int
    taken: int
    back: int


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each function that held most of the threads while others waited."""
    if traces.sql(_LONG_WAITS, [_LONG_NS])[0][0] < _WAITS:
        return
    by_process: dict[tuple[int, int], list[_Use]] = defaultdict(list)
    for request in requests(traces):
        origin = request.exchange.origin
        by_process[id(request.run), request.process] += [
            _Use(request, origin + asked, origin + taken, origin + back)
            for asked, taken, back in thread_uses(request.run, request.position)
        ]
    told: set[str] = set()
    for uses in by_process.values():
        most, waits = _starved(uses)
        if most >= _FEWEST and len({use.request.position for use in waits}) >= _WAITS:
            holder = _holder(project, uses, waits)
            if holder is not None and holder.qualname not in told:
                told.add(holder.qualname)
                yield _finding(holder, most, waits)


def _starved(uses: list[_Use]) -> tuple[int, list[_Use]]:
    """As many threads as there ever were at once, and the long waits through most of which there were as many."""
    changes = sorted([(use.taken, 1) for use in uses] + [(use.back, -1) for use in uses])
    counts: list[tuple[int, int]] = []
    running = 0
    for at, change in changes:
        running += change
        counts.append((at, running))
    most = max((count for _, count in counts), default=0)
    # A thread that is given back is taken again a moment later, once the event loop has come to it.
    nearly = most - max(1, most // 10)
    full = [(at, after) for (at, count), (after, _) in pairwise(counts) if count >= nearly]
    waits = []
    for use in uses:
        waited = use.taken - use.asked
        if waited >= _LONG_NS:
            taken = sum(max(0, min(end, use.taken) - max(start, use.asked)) for start, end in full)
            if taken >= max(_LONG_NS, _MOST_OF * waited):
                waits.append(use)
    return most, waits


def _holder(project: Project, uses: list[_Use], waits: list[_Use]) -> FunctionInfo | None:
    """The function that had threads for the longest time while others waited."""
    first, last = min(use.asked for use in waits), max(use.taken for use in waits)
    held: Counter[str] = Counter()
    functions: dict[str, FunctionInfo] = {}
    for use in uses:
        while_waited = min(use.back, last) - max(use.taken, first)
        function = _running(project, use) if while_waited > 0 else None
        if function is not None:
            functions[function.qualname] = function
            held[function.qualname] += while_waited
    return functions[held.most_common(1)[0][0]] if held else None


def _running(project: Project, use: _Use) -> FunctionInfo | None:
    """What a thread ran: the innermost part of the request at that time that is the service's."""
    middle = (use.taken + use.back) // 2 - use.request.exchange.origin
    there = [
        phase
        for phase in use.request.phases()
        if phase.kind in _HOLDERS and phase.start_ns <= middle <= phase.end_ns
    ]
    innermost = max(there, key=lambda phase: phase.start_ns, default=None)
    if innermost is None:
        return None
    return function_of(project, innermost.place) or (
        handler_of(project, use.request.exchange.endpoint) if innermost.kind == "handler" else None
    )


def _finding(holder: FunctionInfo, most: int, waits: list[_Use]) -> Finding:
    by_route: dict[str, list[_Use]] = defaultdict(list)
    for use in waits:
        by_route[use.request.exchange.endpoint].append(use)
    evidence = []
    for route, there in sorted(by_route.items(), key=lambda item: -len(item[1])):
        longest = max(use.taken - use.asked for use in there) / 1e6
        figures = {
            "requests": float(len({use.request.position for use in there})),
            "threads": float(most),
            "duration_ms": round(longest, 3),
        }
        text = f"{figures['requests']:.0f} requests of {route} waited up to {longest:.0f} ms for a thread while all {most} were taken"
        evidence.append(TraceEvidence(text=text, figures=figures, route=route))
    return told_at(
        holder,
        problem="thread-pool-starved",
        domain="async",
        severity="high",
        message=f"`{holder.name}` keeps the threads so long that other requests wait for one: all {most} were taken",
        evidence=tuple(evidence),
        impact=_IMPACT,
    )
