"""First requests of a route that took far longer than all later ones, and which part of the service took it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import Request, function_of, handler_of, requests, site_of, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.phases import Phase
    from pitstop.traces.store import Traces

_LATER = 3
_LONG_MS = 300.0
"""Three times what is taken for an immediate answer (0.1 s, J. Nielsen, Usability Engineering, 1993)."""
_TIMES = 5.0
_SHARE = 0.6
_OWN = ("handler", "dependency", "middleware")


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of a first request that took most of what later ones do without."""

    kind: str
    ms: float
    share: float
    """Of what the first request took longer."""
    function: FunctionInfo
    site: Site | None


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place that the first request of a process pays for."""
    told: set[str] = set()
    for first, later in _firsts(traces):
        usual = median(each.exchange.duration_ns for each in later) / 1e6
        took = first.exchange.duration_ns / 1e6
        if took - usual < _LONG_MS or took < _TIMES * usual:
            continue
        part = _part(project, first, later, took - usual)
        if part is not None and part.ms >= _LONG_MS and part.share >= _SHARE:
            finding = _finding(first, part, took, usual)
            if finding.id not in told:
                told.add(finding.id)
                yield finding


def _firsts(traces: Traces) -> Iterator[tuple[Request, list[Request]]]:
    """The first request of each route in each process, where nothing else ran meanwhile, with those that came later."""
    groups: dict[tuple[int, int, str], list[Request]] = defaultdict(list)
    for request in requests(traces):
        if request.exchange.route and 0 < request.exchange.status < 400:
            groups[id(request.run), request.process, request.exchange.endpoint].append(request)
    for first, *later in groups.values():
        if len(later) >= _LATER and first.is_alone:
            yield first, later


def _part(project: Project, first: Request, later: list[Request], longer_ms: float) -> _Part | None:
    """What of the first request stands out; None where the source does not show it, or where it was not the service: FastAPI, a
    collection of garbage, or a database that read its pages for the first time."""
    usual: dict[str, list[int]] = defaultdict(list)
    for request in later:
        own: dict[str, int] = defaultdict(int)
        for phase in request.phases():
            own[phase.name] += phase.own_ns
        for name, ns in own.items():
            usual[name].append(ns)
    longest = max(first.phases(), key=lambda phase: phase.own_ns, default=None)
    place = _place(project, first, longest) if longest is not None else None
    if longest is None or place is None:
        return None
    spent = (longest.own_ns - (median(usual[longest.name]) if usual[longest.name] else 0)) / 1e6
    worked = spent
    if longest.kind in _OWN:
        # A busy machine makes a request longer, but does not give it processor time.
        worked = min(spent, first.exchange.cpu_ns / 1e6)
        if first.exchange.cpu_ns < _TIMES * median(each.exchange.cpu_ns for each in later):
            return None
    return _Part(longest.kind, worked, spent / longer_ms, *place)


def _place(project: Project, request: Request, phase: Phase) -> tuple[FunctionInfo, Site | None] | None:
    exchange = request.exchange
    if phase.kind in _OWN:
        function = function_of(project, phase.place)
        if function is None and phase.kind == "handler":
            function = handler_of(project, exchange.endpoint)
        return (function, None) if function is not None else None
    if phase.kind == "outbound HTTP":
        return site_of(project, request.frames(exchange.calls[phase.sequence].stack))
    if phase.kind == "connect":
        return site_of(project, request.frames(phase.stack))
    return None


def _finding(first: Request, part: _Part, took: float, usual: float) -> Finding:
    what = {
        "outbound HTTP": "this call to another server",
        "connect": "opening a connection to the database",
    }.get(part.kind, f"what `{part.function.name}` computes or loads")
    route = first.exchange.endpoint
    return told_at(
        part.function,
        part.site,
        problem="cold-start-work",
        domain="server",
        severity="low",
        confidence="likely",
        message=f"the first request of each process pays {part.ms:.0f} ms for {what}; later ones do without",
        evidence=(
            TraceEvidence(
                text=f"the first request of {route} took {took:.0f} ms, later ones {usual:.0f} ms (median); {part.ms:.0f} ms of it were {what}",
                figures={"duration_ms": round(took, 3), "later_ms": round(usual, 3)},
                route=route,
            ),
        ),
    )
