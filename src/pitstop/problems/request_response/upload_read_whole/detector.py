"""How large the uploads were that were read whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import Request, requests
from pitstop.problems.held import LARGE
from pitstop.problems.request_response.upload_read_whole.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings whose routes took an upload that Starlette keeps in a file, with the largest of each route."""
    largest: dict[str, Request] = {}
    for request in requests(traces):
        known = largest.get(request.exchange.endpoint)
        size = request.exchange.request_bytes
        if _is_upload(request) and (known is None or size > known.exchange.request_bytes):
            largest[request.exchange.endpoint] = request
    for finding in find(project):
        # That the route took it does not say that it went this way.
        evidence = tuple(_evidence(largest[route]) for route in finding.routes if route in largest)
        if evidence:
            yield msgspec.structs.replace(finding, evidence=evidence)


def _is_upload(request: Request) -> bool:
    exchange = request.exchange
    return (
        exchange.request_bytes >= LARGE
        and 200 <= exchange.status < 300
        and request.sent("content-type").startswith("multipart/form-data")
    )


def _evidence(request: Request) -> TraceEvidence:
    exchange = request.exchange
    figures = {"request_bytes": float(exchange.request_bytes)}
    held = ""
    if exchange.memory is not None:
        figures["peak_bytes"] = float(exchange.memory.peak_bytes)
        held = f", and held {exchange.memory.peak_bytes / 1e6:.1f} MB at most"
    return TraceEvidence(
        text=f"{exchange.endpoint} took {exchange.request_bytes / 1e6:.1f} MB in one request{held}",
        figures=figures,
        route=exchange.endpoint,
    )
