"""Requests for the same thing that were answered the same large body each time, with nothing to know it again by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Option, TraceEvidence
from pitstop.problems.exchanges import FOR_MACHINES, Request, handler_of, requests, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_TIMES = 3
_LARGE = 50_000
"""Bytes as they are sent: as large as the answer of the measurement below."""
_FOR_ONE = ("authorization", "cookie", "x-api-key", "accept", "accept-encoding", "accept-language", "range")
"""Headers by which two requests for the same path ask for different things."""
_KNOWN_AGAIN = ("etag", "last-modified", "cache-control", "expires")
_STREAMS = re.compile(r"event-stream|ndjson|multipart|^(?:audio|video)/")
_TOLD = 5
_IMPACT = Impact(
    text="who has the answer already gets 304 and no body",
    expected=(10.0, 60.0),
    source="50 KB of JSON against 304 for an ETag that is known before the work: 60×, for one made of the body 16×; pitstop's own measurement",
)
_OPTIONS = (
    Option(
        name="version",
        text="make the ETag of what changes with the data, such as the latest `updated_at` and the count, and answer 304 before the work",
    ),
    Option(
        name="hash",
        text="have a middleware make the ETag of the bytes: the work stays, what is sent is spared",
    ),
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for a service, at the route with the largest such answer."""
    largest: dict[str, list[Request]] = {}
    for group in _same(traces):
        route, size = group[0].exchange.endpoint, group[0].exchange.response_bytes
        if route not in largest or size > largest[route][0].exchange.response_bytes:
            largest[route] = group
    told = [
        (handler, group)
        for route, group in largest.items()
        if (handler := handler_of(project, route)) is not None
    ]
    told.sort(key=lambda each: -each[1][0].exchange.response_bytes)
    if told:
        count = f"{len(told)} routes send" if len(told) > 1 else f"{told[0][1][0].exchange.endpoint} sends"
        yield told_at(
            told[0][0],
            problem="no-conditional-requests",
            domain="caching",
            severity="low",
            # Whether callers keep answers is not recorded: browsers do, many programs do not.
            confidence="likely",
            message=f"{count} large answers whole each time, also to who has them: there is neither ETag nor Last-Modified",
            evidence=tuple(_evidence(group) for _, group in told[:_TOLD]),
            routes=tuple(group[0].exchange.endpoint for _, group in told),
            impact=_IMPACT,
            options=_OPTIONS,
        )


def _same(traces: Traces) -> Iterator[list[Request]]:
    """Requests that asked the same, a test's on their own, and got the same each time of a run."""
    groups: dict[object, list[Request]] = defaultdict(list)
    for request in requests(traces):
        exchange = request.exchange
        if exchange.method == "GET" and exchange.status == 200 and exchange.route:
            headers = tuple(request.sent(name) for name in _FOR_ONE)
            asked = (exchange.endpoint, exchange.path, exchange.query, headers)
            groups[id(request.run), exchange.test, asked].append(request)
    for group in groups.values():
        if (
            len(group) >= _TIMES
            and _is_worth_it(group[0])
            and len({r.exchange.response_body for r in group}) == 1
        ):
            yield group


def _is_worth_it(request: Request) -> bool:
    return (
        request.exchange.response_bytes >= _LARGE
        and not FOR_MACHINES.search(request.exchange.route)
        and not any(request.answered(name) for name in _KNOWN_AGAIN)
        and not _STREAMS.search(request.answered("content-type"))
    )


def _evidence(group: list[Request]) -> TraceEvidence:
    exchange = group[0].exchange
    again = exchange.response_bytes * (len(group) - 1)
    return TraceEvidence(
        text=f"`{group[0].asked}` was asked {len(group)} times and answered the same {exchange.response_bytes / 1000:.1f} kB each time",
        figures={"requests": float(len(group)), "bytes_again": float(again)},
        route=exchange.endpoint,
    )
