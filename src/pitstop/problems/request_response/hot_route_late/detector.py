"""Routes whose requests spend a large part of their time on being told apart from all the routes before them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.data import Finding, Impact, TraceEvidence
from pitstop.problems.exchanges import handler_of, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Run
    from pitstop.traces.store import Traces

_REQUESTS = 3
_LONG_MS = 0.2
"""As much as one `BaseHTTPMiddleware` takes (pitstop's own measurement)."""
_SHARE = 0.25
_BEHIND = 50
_TOLD = 5
_ROUTING = """
SELECT r.route, s."pitstop.own_nano", q.duration_nano
FROM spans s JOIN spans q ON q.span_id = s.parent_span_id JOIN routes r ON r.route_id = s.route_id
WHERE s."pitstop.phase" = 'routing'
ORDER BY s."pitstop.run", s."pitstop.exchange"
"""
_CONVERTER = re.compile(r"\{(\w+):\w+\}")
_IMPACT = Impact(
    text="the routes that are asked most stand first",
    expected=(1.1, 9.0),
    source="a trivial route as the last and as the first of 500: 9×; pitstop's own measurement",
)


@dataclass(frozen=True, slots=True)
class _Late:
    """What finding a route takes, in the middle of its requests."""

    route: str
    ms: float
    share: float
    behind: int
    requests: int


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for a run: the route with the most time spent on finding it, and others like it."""
    late = sorted(_late(traces), key=lambda each: -each.ms * each.requests)
    for first in late:
        handler = handler_of(project, first.route)
        if handler is not None:
            yield told_at(
                handler,
                problem="hot-route-late",
                domain="request-response",
                severity="low",
                # What tests ask most need not be what people ask most.
                confidence="likely",
                message=f"`{handler.name}` is found only behind {first.behind} other routes: {first.ms:.2f} ms, {first.share:.0%} of its time",
                evidence=tuple(_evidence(each) for each in late[:_TOLD]),
                impact=_IMPACT,
                fix_class="proved",
            )
            return


def _late(traces: Traces) -> Iterator[_Late]:
    order = _order(traces.runs)
    measured: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for route, took, whole in traces.sql(_ROUTING):
        measured[route].append((took / 1e6, took / max(whole, 1)))
    for route, all_spent in measured.items():
        spent = all_spent[1:]  # the first request of a route may prepare what all later ones use
        behind = order.get(_CONVERTER.sub(r"{\1}", route), 0)
        if len(spent) >= _REQUESTS and behind >= _BEHIND:
            ms, share = median(ms for ms, _ in spent), median(share for _, share in spent)
            if ms >= _LONG_MS and share >= _SHARE:
                yield _Late(route, ms, share, behind, len(spent))


def _order(runs: Iterable[Run]) -> dict[str, int]:
    """How many operations stand before each in the OpenAPI document of its app, which has them in the order of the routes."""
    found: dict[str, int] = {}
    for each in (document for run in runs for document in run.openapi):
        document: Any = msgspec.json.decode(each.document)
        paths = document.get("paths") if isinstance(document, dict) else None
        operations = [f"{method.upper()} {path}" for path, item in (paths or {}).items() for method in item]
        for position, operation in enumerate(operations):
            found[operation] = max(position, found.get(operation, 0))
    return found


def _evidence(late: _Late) -> TraceEvidence:
    return TraceEvidence(
        text=f"{late.route} stands behind {late.behind} other operations; finding it took {late.ms:.2f} ms, {late.share:.0%} of its time (median of "
        f"{late.requests} requests)",
        figures={
            "routing_ms": round(late.ms, 3),
            "routes": float(late.behind),
            "requests": float(late.requests),
        },
        route=late.route,
    )
