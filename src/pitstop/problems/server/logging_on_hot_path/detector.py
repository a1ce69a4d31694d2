"""Loops that wrote a hundred lines or more to the log within one request."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, TraceEvidence
from pitstop.problems.exchanges import Request, requests, site_of, told_at
from pitstop.problems.findings import merge_places

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Frame, Logged
    from pitstop.traces.store import Traces

_IMPACT = Impact(
    text="a hundred lines cost about what a hundred trivial requests do",
    source="a line of JSON for each request against none, on a trivial route: 1.8 to 3×; pitstop's own measurement",
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each such loop."""
    found: dict[tuple[str, tuple[Frame, ...]], list[tuple[Request, Logged]]] = defaultdict(list)
    for request in requests(traces):
        for logged in request.exchange.logs:
            # What is written for who develops, production does not write.
            if logged.level >= logging.INFO:
                found[request.exchange.endpoint, request.frames(logged.stack)].append((request, logged))
    yield from merge_places(_told(project, found))


def _told(
    project: Project, found: dict[tuple[str, tuple[Frame, ...]], list[tuple[Request, Logged]]]
) -> Iterator[Finding]:
    for (route, frames), there in found.items():
        place = site_of(project, frames, in_loop=True)
        if place is not None:
            function, site = place
            yield told_at(
                function,
                site,
                problem="logging-on-hot-path",
                domain="server",
                severity="low",
                # Which levels production writes is not recorded.
                confidence="likely",
                message=f"`{function.name}` writes a line to the log on each turn of a loop",
                evidence=(_evidence(route, there),),
                impact=_IMPACT,
            )


def _evidence(route: str, there: list[tuple[Request, Logged]]) -> TraceEvidence:
    request, most = max(there, key=lambda each: each[1].count)
    ms = most.duration_ns / 1e6
    return TraceEvidence(
        text=f"`{request.asked}` wrote {most.count:,} lines at {logging.getLevelName(most.level)} from here, "
        f"which took {ms:.1f} ms of {request.exchange.duration_ns / 1e6:.1f}",
        figures={"lines": float(most.count), "duration_ms": round(ms, 3)},
        route=route,
    )
