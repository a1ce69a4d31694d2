"""How long each route holds connections of which pool, and from what rate on a pool has none left."""

from __future__ import annotations

from collections import defaultdict

from pitstop.measures import PoolRoute, PoolSummary
from pitstop.traces.store import Traces

_ROUTES = """
WITH used AS (
    SELECT pool_id, "pitstop.run" AS run, "pitstop.exchange" AS exchange, sum(duration_nano) AS held, sum(waited_nano) AS waited
    FROM holds GROUP BY ALL
),
together AS (
    SELECT a.pool_id AS pool_id, a."pitstop.run" AS run, a."pitstop.exchange" AS exchange, a.start_nano AS since, count(*) AS number
    FROM holds a JOIN holds b ON a.pool_id = b.pool_id AND a."pitstop.run" = b."pitstop.run"
        AND a."pitstop.exchange" = b."pitstop.exchange" AND b.start_nano <= a.start_nano AND b.start_nano + b.duration_nano > a.start_nano
    GROUP BY ALL
),
most AS (SELECT pool_id, run, exchange, max(number) AS number FROM together GROUP BY ALL),
requests AS (
    SELECT route_id, "pitstop.run" AS run, "pitstop.exchange" AS exchange FROM spans
    WHERE kind = 'server' AND "http.request.method" <> 'WEBSOCKET'
),
counted AS (SELECT route_id, count(*) AS requests FROM requests GROUP BY route_id)
SELECT u.pool_id, r.route, any_value(c.requests), sum(u.held) / 1e6 / any_value(c.requests), max(m.number),
       sum(CASE WHEN u.waited > 0 THEN 1 ELSE 0 END), sum(u.waited) / 1e6
FROM used u JOIN requests q ON q.run = u.run AND q.exchange = u.exchange
JOIN most m ON m.pool_id = u.pool_id AND m.run = u.run AND m.exchange = u.exchange
JOIN routes r ON r.route_id = q.route_id JOIN counted c ON c.route_id = q.route_id
GROUP BY u.pool_id, r.route ORDER BY 4 DESC, r.route
"""
_READING = """
SELECT h.pool_id, sum(h.duration_nano) / 1e6 FROM holds h JOIN spans s
    ON s."pitstop.run" = h."pitstop.run" AND s."pitstop.exchange" = h."pitstop.exchange"
WHERE s.kind = 'server' AND s."http.request.method" IN ('GET', 'HEAD') GROUP BY h.pool_id
"""
_READERS = """SELECT count(*) FROM spans WHERE kind = 'server' AND "http.request.method" IN ('GET', 'HEAD')"""


def pools_used(traces: Traces, workers: int = 0, workers_at: str = "") -> tuple[PoolSummary, ...]:
    """The pools that requests used, the one held longest first. `workers` processes serve, as the file `workers_at` says."""
    ((readers,),) = traces.sql(_READERS)
    held = {pool: ms / readers for pool, ms in traces.sql(_READING)}
    limits = {
        number: None if size is None or overflow is None else size + overflow
        for number, size, overflow in traces.sql("SELECT pool_id, size, overflow FROM pools")
    }
    routes: dict[int, list[PoolRoute]] = defaultdict(list)
    for pool, route, requests, ms, at_once, waited, wait_ms in traces.sql(_ROUTES):
        limit = limits[pool]
        routes[pool].append(
            PoolRoute(
                route=route,
                requests=requests,
                held_ms=ms,
                at_once=at_once,
                waited=int(waited),
                wait_ms=wait_ms / waited if waited else 0,
                full_per_s=limit / ms * 1000 if limit is not None and ms else None,
            )
        )
    found = [
        PoolSummary(
            kind=kind,
            system=system,
            routes=tuple(routes[number]),
            size=size,
            overflow=overflow,
            timeout_s=timeout,
            path=path,
            line=line,
            workers=workers,
            workers_at=workers_at,
            server_limit=limit,
            held_ms=held.get(number, 0),
        )
        for number, kind, system, size, overflow, timeout, limit, path, line in traces.sql(
            "SELECT * FROM pools"
        )
        if number in routes
    ]
    return tuple(sorted(found, key=lambda pool: (-pool.routes[0].held_ms, pool.path, pool.line)))
