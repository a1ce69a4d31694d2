"""Which routes a run has shown, and which nobody called."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pitstop.measures import RouteCoverage
from pitstop.traces.records import Run

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_CONVERTER = re.compile(r"\{(\w+):\w+\}")


def route_coverage(run: Run, app: str) -> RouteCoverage | None:
    """What the run has shown of the routes in the OpenAPI document of `app` (`module:name`); None where it is not known."""
    declared = declared_in(run, app)
    if not declared:
        return None
    called: set[str] = set()
    answered: set[str] = set()
    for exchange in run.exchanges:
        route = without_converters(exchange.endpoint)
        called.add(route)
        if 0 < exchange.status < 400:
            answered.add(route)
    return RouteCoverage(
        declared=len(declared),
        uncalled=tuple(route for route in declared if route not in called),
        refused=tuple(route for route in declared if route in called and route not in answered),
    )


def declared_in(run: Run, app: str) -> list[str]:
    """The routes in the OpenAPI document of `app`, in its order; none where it is not known."""
    return next((_routes(each.document) for each in run.openapi if each.app == app), [])


def without_converters(route: str) -> str:
    """`GET /files/{path:path}` as a document has it: `GET /files/{path}`."""
    return _CONVERTER.sub(r"{\1}", route)


def _routes(raw: msgspec.Raw) -> list[str]:
    document: Any = msgspec.json.decode(raw)
    paths = document.get("paths") if isinstance(document, dict) else None
    return [
        f"{method.upper()} {path}"
        for path, item in (paths or {}).items()
        for method in item
        if method in _METHODS
    ]
