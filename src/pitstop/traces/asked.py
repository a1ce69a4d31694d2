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
    """What the run has shown of the routes in the OpenAPI document of `app` (`module:name`), and of apps mounted in it; None where it is not known."""
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
    """The routes in the OpenAPI document of `app` and of those mounted in it, in their order; none where it is not known."""
    own = next((each for each in run.openapi if each.app == app), None)
    if own is None:
        return []
    declared = _routes("", own.document)
    for path, document in own.mounted:
        declared += _routes(path, document)
    return declared


def without_converters(route: str) -> str:
    """`GET /files/{path:path}` as a document has it: `GET /files/{path}`."""
    return _CONVERTER.sub(r"{\1}", route)


def _routes(prefix: str, raw: msgspec.Raw) -> list[str]:
    document: Any = msgspec.json.decode(raw)
    paths = document.get("paths") if isinstance(document, dict) else None
    return [
        f"{method.upper()} {prefix}{path}"
        for path, item in (paths or {}).items()
        for method in item
        if method in _METHODS
    ]
