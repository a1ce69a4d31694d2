"""How long answers took to be dumped by hand and then serialised, and how large they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import Request, requests
from pitstop.problems.request_response.double_validation.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_WORTH_MS = 1.0
"""Below it a repair gains what nobody could measure under a server."""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings of the rule whose routes spent a millisecond or more in the handler and on serialising what it returned."""
    answered: dict[str, list[Request]] = defaultdict(list)
    for request in requests(traces):
        if 200 <= request.exchange.status < 300:
            answered[request.exchange.endpoint].append(request)
    for finding in find(project):
        there = ((route, answered[route]) for route in finding.routes if route in answered)
        evidence = tuple(each for route, found in there if (each := _evidence(route, found)) is not None)
        if evidence:
            yield msgspec.structs.replace(finding, evidence=evidence)


def _evidence(route: str, found: list[Request]) -> TraceEvidence | None:
    own: dict[str, list[float]] = {"handler": [], "serialisation": []}
    for request in found:
        phases = request.phases()
        for kind, spent in own.items():
            spent.append(sum(phase.own_ns for phase in phases if phase.kind == kind) / 1e6)
    handler, serialisation = median(own["handler"]), median(own["serialisation"])
    if handler + serialisation < _WORTH_MS:
        return None
    size = max(request.exchange.response_bytes for request in found)
    return TraceEvidence(
        text=f"{route} answered up to {size / 1000:.1f} kB: {handler:.1f} ms in the handler, without its statements and calls, and "
        f"{serialisation:.1f} ms to serialise what it returned (median of {len(found)})",
        figures={
            "handler_ms": round(handler, 3),
            "serialisation_ms": round(serialisation, 3),
            "bytes": float(size),
            "requests": float(len(found)),
        },
        route=route,
    )
