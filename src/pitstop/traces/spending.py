"""What requests took of the budgets of their routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pitstop.budgets import Budget, Limit, Spent, limits_of
from pitstop.traces.store import Traces
from pitstop.traces.tables import COUNTS

_DEAREST = """
WITH children AS (
    SELECT parent_span_id,
           sum(CASE WHEN {counts} THEN 1 ELSE 0 END) AS statements,
           sum(CASE WHEN name = 'event_loop.block' THEN duration_nano ELSE 0 END) AS blocked
    FROM spans WHERE kind <> 'server' GROUP BY parent_span_id
)
SELECT route, "pitstop.test", coalesce(statements, 0), coalesce("http.response.body.size", 0), coalesce(blocked, 0) / 1e6
FROM spans JOIN routes USING (route_id) LEFT JOIN children ON children.parent_span_id = span_id
WHERE kind = 'server' AND spans."http.request.method" <> 'WEBSOCKET'
"""
_P95 = """
SELECT route, {tail} / 1e6 FROM spans JOIN routes USING (route_id)
WHERE kind = 'server' AND spans."http.request.method" <> 'WEBSOCKET' GROUP BY route
"""
_PLACES: dict[Limit, int] = {"max_statements": 2, "max_bytes": 3, "max_blocked_ms": 4}


def spending(
    traces: Traces, budgets: Mapping[str, Budget], handlers: Mapping[str, tuple[str, int]]
) -> tuple[Spent, ...]:
    """The dearest request of each route for each of its limits, those over their limit first.

    `handlers` has the path and line of a route's handler, by the route.
    """
    requests: dict[str, list[tuple[str, str, float, float, float]]] = {}
    for row in traces.sql(_DEAREST.format(counts=COUNTS)):
        requests.setdefault(str(row[0]), []).append(row)
    tails: dict[str, float] = dict(traces.sql(_P95.format(tail=traces.quantile("duration_nano", 0.95))))
    found = [
        each
        for route, rows in sorted(requests.items())
        for each in _of_route(route, rows, tails[route], budgets, handlers.get(route, ("", 0)))
    ]
    return tuple(sorted(found, key=lambda each: not each.is_over))


def _of_route(
    route: str,
    rows: Sequence[tuple[str, str, float, float, float]],
    tail: float,
    budgets: Mapping[str, Budget],
    handler: tuple[str, int],
) -> Iterator[Spent]:
    for limit, (allowed, key) in limits_of(route, budgets).items():
        dearest = max(rows, key=lambda row: float(row[_PLACES[limit]])) if limit in _PLACES else None
        yield Spent(
            route=route,
            limit=limit,
            allowed=allowed,
            measured=tail if dearest is None else float(dearest[_PLACES[limit]]),
            requests=len(rows),
            budget=key,
            test="" if dearest is None else str(dearest[1] or ""),
            path=handler[0],
            line=handler[1],
        )
