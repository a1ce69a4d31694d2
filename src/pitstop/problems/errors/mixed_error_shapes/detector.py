"""Answers of JSON to errors that have nothing in common: what callers have to read them by depends on the route."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.data import Finding, Option, TraceEvidence
from pitstop.problems.exchanges import FOR_MACHINES, Request, handler_of, requests, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.traces.store import Traces

_FEWEST = 2
"""As many routes of each form as make it a habit: one alone may follow what another party wants."""
_OF_FASTAPI = frozenset({405, 422, 429})
"""What FastAPI refuses by itself, and limits on rates, which libraries answer."""
_TEXTS = frozenset({"Not Found", "Not authenticated", "Invalid authentication credentials", "Unauthorized", "Forbidden"}) | {
    "There was an error parsing the body", "Internal Server Error",
}  # fmt: skip
_DICTATED = re.compile(
    r"(?i)oauth|openid|token|authorize|introspect|revoke|well-known|jwks|graphql|scim|rpc|webhook|mcp|callback"
)
"""Paths of what another specification says how to answer."""
_VERSION = re.compile(r"/v\d+[\w.]*(?=/)", re.IGNORECASE)
_OPTIONS = (
    Option(
        name="one handler",
        text="raise errors everywhere, and let one handler of exceptions for the app make the form of all of them",
    ),
    Option(
        name="problem details",
        text="answer all errors as `application/problem+json` (RFC 9457), which clients may know already",
    ),
)
_Told = dict[frozenset[str], dict[str, list[Request]]]
"""By the keys of the answer and the route."""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each version of an API with more than one form, at a route of the rarest."""
    handlers: dict[str, FunctionInfo | None] = {}
    areas: dict[str, _Told] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for request in requests(traces):
        keys = _keys(request)
        route = request.exchange.endpoint
        if keys and route not in handlers:
            handlers[route] = handler_of(project, route)
        if keys and handlers[route] is not None:
            version = _VERSION.search(request.exchange.route)
            areas[version[0] if version is not None else ""][keys][route].append(request)
    for area in areas.values():
        forms = [form for form in _forms(area) if len(_routes(form)) >= _FEWEST]
        forms.sort(key=lambda form: -len(_routes(form)))
        handler = handlers[_routes(forms[-1])[0]] if forms else None
        if len(forms) > 1 and handler is not None:
            yield told_at(
                handler,
                problem="mixed-error-shapes",
                domain="errors",
                severity="low",
                message=f"errors are told in {len(forms)} forms that have no field in common: "
                + ", ".join(_shown(form) for form in forms),
                evidence=tuple(_evidence(form) for form in reversed(forms)),
                options=_OPTIONS,
            )


def _keys(request: Request) -> frozenset[str]:
    """The keys of an answer that the service itself gives to an error; none of others."""
    exchange = request.exchange
    path = exchange.route
    if exchange.status < 400 or exchange.status in _OF_FASTAPI or not path or FOR_MACHINES.search(path):
        return frozenset()
    body = request.body()
    if not body or "json" not in request.answered("content-type") or _DICTATED.search(path):
        return frozenset()
    try:
        told: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return frozenset()
    if not isinstance(told, dict) or "jsonrpc" in told or _is_of_fastapi(told):
        return frozenset()
    return frozenset(told)


def _is_of_fastapi(told: dict[str, Any]) -> bool:
    return list(told) == ["detail"] and isinstance(told["detail"], str) and told["detail"] in _TEXTS


def _forms(area: _Told) -> list[_Told]:
    """Answers that share a field have one form, for it may have fields that are not always there."""
    forms: list[_Told] = []
    for keys, routes in area.items():
        same = [form for form in forms if any(keys & known for known in form)]
        joined: _Told = {keys: routes}
        for form in same:
            joined.update(form)
        forms = [form for form in forms if form not in same] + [joined]
    return forms


def _routes(form: _Told) -> list[str]:
    return sorted({route for routes in form.values() for route in routes})


def _shown(form: _Told) -> str:
    commonest = Counter({keys: len(routes) for keys, routes in form.items()}).most_common(1)[0][0]
    count = len(_routes(form))
    return f"`{{{', '.join(sorted(commonest))}}}` of {count} routes"


def _evidence(form: _Told) -> TraceEvidence:
    first = next(iter(next(iter(form.values())).values()))[0]
    routes = _routes(form)
    return TraceEvidence(
        text=f"{_shown(form)}, as `{first.asked}` was answered ({first.exchange.status})",
        figures={"routes": float(len(routes))},
        route=routes[0],
    )
