"""Statuses that routes answered with and that their operations in the OpenAPI document do not name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import Request, handler_of, requests, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Run
    from pitstop.traces.store import Traces

_FEWEST = 3
"""As many routes as make it the habit of a service, and not one slip."""
_OF_SECURITY = frozenset({401, 403})
_TOLD = 3
_UNPARSED = b"There was an error parsing the body"
"""FastAPI's own answer, which it documents nowhere."""
_CONVERTER = re.compile(r"\{(\w+):\w+\}")


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for a run, at the handler that stands for the others."""
    missing: dict[int, set[str]] = defaultdict(set)
    documents = {id(run): _operations(run) for run in traces.runs}
    for request in requests(traces):
        exchange = request.exchange
        operation = documents[id(request.run)].get(_CONVERTER.sub(r"{\1}", exchange.endpoint))
        if operation is not None and _is_told(request) and not _names(operation, exchange.status):
            missing[exchange.status].add(exchange.endpoint)
    routes = sorted({route for found in missing.values() for route in found})
    handlers = [(handler, route) for route in routes if (handler := handler_of(project, route)) is not None]
    if len(routes) < _FEWEST or not handlers:
        return
    first, at = min(handlers, key=lambda each: (each[0].module.path, each[0].node.at))
    yield told_at(
        first,
        problem="undocumented-response",
        domain="api-design",
        severity="low",
        message=f"{len(routes)} routes answer with statuses that the OpenAPI document does not name: "
        + ", ".join(map(str, sorted(missing))),
        routes=(at, *(route for route in routes if route != at)),
        evidence=tuple(_evidence(status, sorted(found)) for status, found in sorted(missing.items())),
    )


def _is_told(request: Request) -> bool:
    """Whether a caller has to be told to expect such an answer: JSON, no fault of the service, no body that cannot be parsed."""
    status = request.exchange.status
    if not (200 <= status < 300 or 400 <= status < 500) or "json" not in request.answered("content-type"):
        return False
    return status != 400 or _UNPARSED not in (request.body() or b"")


def _operations(run: Run) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in run.openapi:
        document: Any = msgspec.json.decode(each.document)
        paths = document.get("paths") if isinstance(document, dict) else None
        for path, item in (paths or {}).items():
            for method, operation in item.items():
                if isinstance(operation, dict):
                    found[f"{method.upper()} {path}"] = operation
    return found


def _names(operation: dict[str, Any], status: int) -> bool:
    """Whether an operation says that it may answer so: by the status, its class, for all others, or by asking for credentials."""
    named = operation.get("responses", {})
    if status in _OF_SECURITY and operation.get("security"):
        return True
    return any(key in named for key in (str(status), f"{status // 100}XX", "default"))


def _evidence(status: int, routes: list[str]) -> TraceEvidence:
    some = ", ".join(routes[:_TOLD]) + (f" and {len(routes) - _TOLD} more" if len(routes) > _TOLD else "")
    return TraceEvidence(
        text=f"{status} was answered by {some}", figures={"routes": float(len(routes))}, route=routes[0]
    )
