"""Middleware that did dear work for requests which a cheap one behind it then refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location, TraceEvidence
from pitstop.problems.exchanges import Request, requests
from pitstop.problems.findings import make
from pitstop.traces.phases import Layer, layers_of

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware
    from pitstop.traces.store import Traces

_REFUSED = frozenset({400, 401, 403, 405, 413, 415, 429, 503})
_REQUESTS = 3
_DEAR_MS = 5.0
"""About what three statements to a database near by take, or ten `BaseHTTPMiddleware`: no wrapper reaches it by itself."""
_CHEAPER = 5.0
_LEFT = re.compile(r"\.state\b|\.user\b|\.auth\b|\.session\b|[\"'](?:state|user|auth|session)[\"']|\.get\(\)")
"""What middleware leave for those behind them: on the request, in its scope, or in a context variable."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One request that a middleware refused, and what one around it had spent on it before, in milliseconds."""

    request: Request
    outer: Layer
    inner: Layer
    before_ms: float
    check_ms: float


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each dear middleware that stands around one which refuses requests at little cost."""
    seen: dict[tuple[str, str], list[_Refusal]] = defaultdict(list)
    for request in requests(traces):
        for refusal in _refusals(request):
            seen[refusal.outer.name, refusal.inner.name].append(refusal)
    for refusals in seen.values():
        before = median(each.before_ms for each in refusals)
        check = median(each.check_ms for each in refusals)
        if len(refusals) >= _REQUESTS and before >= _DEAR_MS and before >= _CHEAPER * check:
            outer, inner = (
                _added(project, refusals[0].outer),
                _added(project, refusals[0].inner),
            )
            if outer is None or inner is None or outer.app != inner.app:
                continue
            if not _needs(inner):
                yield _finding(outer, inner, refusals, before, check)


def _refusals(request: Request) -> Iterator[_Refusal]:
    exchange = request.exchange
    # A preflight is answered by the CORS middleware, and an answer with a route is none of a middleware's.
    if exchange.status not in _REFUSED or exchange.method == "OPTIONS":
        return
    layers = layers_of(request.run, request.position)
    if len(layers) < 2 or not layers[-1].name:
        return  # it came to the app itself
    *around, inner = layers
    check = (inner.end_ns - inner.start_ns) / 1e6
    for outer, after in zip(around, layers[1:], strict=True):
        yield _Refusal(request, outer, inner, (after.start_ns - outer.start_ns) / 1e6, check)


def _added(project: Project, layer: Layer) -> Middleware | None:
    """The middleware of the project that a layer is; None where the source shows none of that name, or several."""
    last = layer.name.rpartition(".")[2]
    found = [each for each in project.middleware.all if each.last_name == last]
    return found[0] if len(found) == 1 else None


def _needs(middleware: Middleware) -> bool:
    """Whether a middleware reads what one before it may have left for it, such as who the user is."""
    function = middleware.function
    if function is None:
        return False
    node = function.owner.node if function.owner is not None else function.node
    return _LEFT.search(function.module.text(node)) is not None


def _finding(
    outer: Middleware, inner: Middleware, refusals: list[_Refusal], before: float, check: float
) -> Finding:
    routes = tuple(dict.fromkeys(each.request.exchange.endpoint for each in refusals))
    statuses = sorted({each.request.exchange.status for each in refusals})
    said = ", ".join(map(str, statuses))
    place: Location = inner.module.location(inner.node, inner.owner)
    return make(
        problem="middleware-order",
        domain="middleware",
        severity="medium",
        confidence="certain",
        message=f"`{outer.last_name}` works {before:.0f} ms for requests that `{inner.last_name}`, behind it, then refuses",
        module=outer.module,
        owner=outer.owner,
        node=outer.node,
        identity=(outer.app, f"{outer.name} before {inner.name}"),
        routes=(outer.route,),
        evidence=(
            TraceEvidence(
                text=f"of {len(refusals)} requests that `{inner.last_name}` refused ({said}), `{outer.last_name}` took {before:.1f} ms each before "
                f"it handed them on, and the refusal {check:.1f} ms",
                figures={
                    "requests": float(len(refusals)),
                    "duration_ms": round(before, 3),
                    "check_ms": round(check, 3),
                },
                route=routes[0],
                locations=(place,),
            ),
        ),
        fix_class="decide",
    )
