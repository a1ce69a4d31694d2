"""Large answers that were sent as they are to clients that take compressed ones, and what compressing them makes of them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import ROUND_TRIP, Request, requests
from pitstop.problems.findings import make
from pitstop.problems.request_response.no_compression.rule import IMPACT, uncompressed

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_TEXT = re.compile(
    r"^(?:text/(?!event-stream)|application/(?:[\w.-]+\+)?(?:json|xml|javascript)\b|image/svg)"
)
_TAKEN = re.compile(r"\b(?:gzip|br|zstd)\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
_LEVEL = 4
"""The level at which gzip costs least for nearly the same size (pitstop's own measurement)."""
_WORTH = 3.0
_TOLD = 5


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The finding of an app that compresses nothing, with the routes whose largest answer would have been a third or less."""
    apps = uncompressed(project)
    largest: dict[str, Request] = {}
    for request in requests(traces):
        if request.answered("content-encoding"):
            return
        exchange = request.exchange
        known = largest.get(exchange.endpoint)
        if _is_large(request) and (known is None or exchange.response_bytes > known.exchange.response_bytes):
            largest[exchange.endpoint] = request
    told = [each for request in largest.values() if (each := _evidence(request)) is not None]
    told.sort(key=lambda each: -each.figures["bytes"])
    # Which app a request came to is not recorded.
    if len(apps) == 1 and told:
        (app,) = apps
        assert app.call is not None
        count = f"{len(told)} routes" if len(told) > 1 else f"`{told[0].route}`"
        yield make(
            problem="no-compression",
            domain="request-response",
            severity="medium",
            # A proxy in front of the service may do it.
            confidence="likely",
            message=f"{count} of this app sent large answers as they are to a client that takes compressed ones",
            module=app.module,
            owner=app.identity,
            node=app.call,
            code="",
            routes=tuple(each.route for each in told),
            evidence=told[:_TOLD],
            impact=IMPACT,
            fix_class="decide",
        )


def _is_large(request: Request) -> bool:
    exchange = request.exchange
    return (
        exchange.status == 200
        and bool(exchange.route)
        and exchange.response_bytes > ROUND_TRIP
        and _TEXT.match(request.answered("content-type")) is not None
        and _TAKEN.search(request.sent("accept-encoding")) is not None
    )


def _evidence(request: Request) -> TraceEvidence | None:
    body = request.body()
    if not body:
        return None
    # 16 above the window's bits makes gzip of it.
    packer = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16)
    size = len(packer.compress(body) + packer.flush())
    if size * _WORTH > len(body):
        return None
    route = request.exchange.endpoint
    return TraceEvidence(
        text=f"`{request.asked}` was answered with {len(body) / 1000:.1f} kB; gzip at level {_LEVEL} makes {size / 1000:.1f} kB of them",
        figures={"bytes": float(len(body)), "compressed_bytes": float(size)},
        route=route,
    )
