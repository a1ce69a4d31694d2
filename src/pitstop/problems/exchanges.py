"""Requests as they were recorded, for detectors that ask what was sent and answered, not only how long it took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, FixClass, FixOutlook, Severity, TraceEvidence
from pitstop.problems.findings import head_of, make
from pitstop.traces.phases import Phase, phases_of

if TYPE_CHECKING:
    from pitstop.data import Confidence, Domain, Impact, Option
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.records import Exchange, Frame, Place, Run
    from pitstop.traces.store import Traces

FOR_MACHINES = re.compile(
    r"(?:^|/)(?:health\w*|live\w*|ready\w*|readiness|ping|metrics|heartbeat|status|version)/?$", re.IGNORECASE
)
"""Paths that probes and monitors ask all the time."""
ROUND_TRIP = 14_600
"""Bytes that a server sends before it waits for the client for the first time: ten segments of 1,460 (RFC 6928)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a run, connections left out."""

    run: Run
    position: int
    is_alone: bool
    """Whether its process had no other request meanwhile."""

    @property
    def exchange(self) -> Exchange:
        """What was recorded of it."""
        return self.run.exchanges[self.position]

    @property
    def process(self) -> int:
        """The process that answered, as `Run.owners` names it."""
        return self.run.owners.get(self.position, 0)

    @property
    def asked(self) -> str:
        """The request in a line, `GET /items?page=2`, of at most 200 characters."""
        target = self.exchange.path + (f"?{self.exchange.query}" if self.exchange.query else "")
        return f"{self.exchange.method} {target}"[:200]

    def frames(self, stack: int) -> tuple[Frame, ...]:
        """The user frames of one of its stacks, innermost first."""
        return self.run.frames(self.position, stack)

    def phases(self) -> tuple[Phase, ...]:
        """Its phases; none where they were not noted."""
        return phases_of(self.run, self.position)

    def sent(self, name: str) -> str:
        """A header of the request, by its name in lower case; empty where there is none."""
        return _header(self.exchange.request_headers, name)

    def answered(self, name: str) -> str:
        """A header of the answer, by its name in lower case; empty where there is none."""
        return _header(self.exchange.response_headers, name)

    def body(self) -> bytes | None:
        """The body of the answer; None of one that was too large to be kept."""
        kept = self.exchange.body
        # One that looks like a digest and is none is as long as what was sent.
        return None if self.exchange.response_bytes > len(kept) else kept


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def requests(traces: Traces) -> Iterator[Request]:
    """All requests of the runs in a store, as each run has them in order."""
    for run in traces.runs:
        beside = _overlapping(run)
        for position, exchange in enumerate(run.exchanges):
            if not exchange.is_connection:
                yield Request(run, position, position not in beside)


def _overlapping(run: Run) -> set[int]:
    """The positions of the requests during which their process had another one."""
    found: set[int] = set()
    latest: dict[int, int] = {}
    """By process, the request that ends last of those that have begun."""
    for position, exchange in sorted(enumerate(run.exchanges), key=lambda item: item[1].origin):
        process = run.owners.get(position, 0)
        before = latest.get(process)
        if before is not None and _end(run.exchanges[before]) > exchange.origin:
            found |= {before, position}
        if before is None or _end(exchange) > _end(run.exchanges[before]):
            latest[process] = position
    return found


def _end(exchange: Exchange) -> int:
    return exchange.origin + exchange.duration_ns


# --- from what was recorded to the source ----------------------------------------------------------------------------


def function_of(project: Project, place: Place | None) -> FunctionInfo | None:
    """The function that a phase is named by; None where it is not the project's. A place begins with its decorators."""
    module = project.index.by_path.get(place.path) if place is not None and place.path else None
    if place is None or module is None:
        return None
    name = place.name.rpartition(".")[2]
    same = [
        function
        for function in project.index.functions.values()
        if function.module is module and function.node.span[0] >= place.line
    ]
    first = min(same, key=lambda function: function.node.at, default=None)
    return first if first is not None and name in (first.name, _class_of(first)) else None


def _class_of(function: FunctionInfo) -> str:
    return function.owner.name if function.owner is not None else ""


def handler_of(project: Project, route: str) -> FunctionInfo | None:
    """The function that answers a route, `GET /items/{id}`, by the source; None where that shows none, or several."""
    found = {
        each.function.qualname: each.function
        for each in project.routes.all
        if each.kind == "route" and any(f"{method} {each.path}" == route for method in each.methods)
    }
    return next(iter(found.values())) if len(found) == 1 else None


def site_of(
    project: Project, frames: tuple[Frame, ...], *, in_loop: bool = False
) -> tuple[FunctionInfo, Site] | None:
    """The innermost frame of the project's with the call that stands there; with `in_loop` the innermost that a loop repeats."""
    for frame in frames:
        function = project.function_at(frame.path, frame.line)
        if function is None:
            continue
        there = [
            site
            for site in function.calls
            if site.node.span[0] <= frame.line <= site.node.span[2] and (site.loops or not in_loop)
        ]
        begins = [site for site in there if site.node.span[0] == frame.line]
        site = max(begins or there, key=lambda site: (site.awaited, -site.node.span[1]), default=None)
        if site is not None:
            return function, site
    return None


def told_at(
    function: FunctionInfo,
    site: Site | None = None,
    *,
    problem: str,
    domain: Domain,
    message: str,
    severity: Severity,
    confidence: Confidence = "certain",
    evidence: tuple[TraceEvidence, ...],
    routes: tuple[str, ...] = (),
    impact: Impact | None = None,
    fix_class: FixClass = "decide",
    options: tuple[Option, ...] = (),
) -> Finding:
    """What was measured, as a finding at a call of a function, or at the head of the function; its routes are those measured."""
    found = make(
        problem=problem,
        domain=domain,
        severity=severity,
        confidence=confidence,
        message=message,
        module=function.module,
        owner=function.qualname,
        node=site.node if site is not None else function.node,
        code=None if site is not None else "",
        routes=routes or tuple(each.route for each in evidence if each.route),
        evidence=evidence,
        impact=impact,
    )
    fix = FixOutlook(fix_class=fix_class, options=options)
    where = found.location if site is not None else head_of(function)
    return msgspec.structs.replace(found, location=where, fix=fix)
