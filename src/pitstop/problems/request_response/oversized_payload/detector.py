"""How much of the items of a list are the lists within them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import ROUND_TRIP, Request, requests
from pitstop.problems.request_response.oversized_payload.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_SHARE = 0.5


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings whose routes answered with large lists that were mostly lists within their items."""
    found = list(find(project))
    wanted = {route for finding in found for route in finding.routes}
    largest: dict[str, Request] = {}
    for request in requests(traces):
        exchange = request.exchange
        known = largest.get(exchange.endpoint)
        if (
            exchange.endpoint in wanted
            and exchange.status == 200
            and exchange.response_bytes > ROUND_TRIP
            and (known is None or exchange.response_bytes > known.exchange.response_bytes)
        ):
            largest[exchange.endpoint] = request
    measured = {route: told for route, request in largest.items() if (told := _evidence(request)) is not None}
    for finding in found:
        evidence = tuple(measured[route] for route in finding.routes if route in measured)
        if evidence:
            yield msgspec.structs.replace(finding, evidence=evidence, confidence="certain")


def _evidence(request: Request) -> TraceEvidence | None:
    try:
        items = _items(msgspec.json.decode(request.body() or b""))
    except msgspec.DecodeError:
        return None
    whole = _size(items)
    within = sum(_size(value) for item in items for value in item.values() if _objects(value))
    if not items or within < _SHARE * whole:
        return None
    route = request.exchange.endpoint
    return TraceEvidence(
        text=f"`{request.asked}` was answered with {len(items)} items of {whole / len(items) / 1000:.1f} kB each, {within / whole:.0%} of it "
        "lists within them",
        figures={"items": float(len(items)), "bytes": float(whole), "bytes_within": float(within)},
        route=route,
    )


def _items(answer: Any) -> list[dict[str, Any]]:
    """The items of a list, or of the one list in a page."""
    if isinstance(answer, dict):
        lists = [value for value in answer.values() if isinstance(value, list)]
        answer = lists[0] if len(lists) == 1 else []
    return _objects(answer)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value))
