"""The figures of WebSocket routes: what a connection sends, receives and does; how long it is open is its client's affair."""

from __future__ import annotations

from pitstop.measures import ConnectionSummary
from pitstop.traces.store import Traces
from pitstop.traces.tables import COUNTS

_QUERY = """
WITH connections AS (
    SELECT span_id, route_id, duration_nano, status_code, "http.response.status_code" AS status, "pitstop.messages_in" AS came,
           "pitstop.messages_out" AS went, "http.request.body.size" AS bytes_in, "http.response.body.size" AS bytes_out
    FROM spans WHERE kind = 'server' AND "http.request.method" = 'WEBSOCKET'
),
children AS (
    SELECT parent_span_id,
           sum(CASE WHEN {counts} THEN 1 ELSE 0 END) AS statements,
           sum(CASE WHEN fingerprint_id > 0 THEN "db.response.returned_rows" ELSE 0 END) AS returned,
           sum(CASE WHEN fingerprint_id > 0 THEN duration_nano ELSE 0 END) AS database_nano,
           sum(CASE WHEN name = 'event_loop.block' THEN duration_nano ELSE 0 END) AS blocked_nano
    FROM spans WHERE kind <> 'server' GROUP BY parent_span_id
)
SELECT route, count(*), sum(CASE WHEN status <> 101 THEN 1 ELSE 0 END), sum(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END),
       avg(duration_nano) / 1e9, avg(came), avg(went), avg(bytes_in), avg(bytes_out),
       avg(coalesce(statements, 0)), avg(coalesce(returned, 0)), avg(coalesce(database_nano, 0)) / 1e6,
       avg(coalesce(blocked_nano, 0)) / 1e6
FROM connections
JOIN routes ON routes.route_id = connections.route_id
LEFT JOIN children ON children.parent_span_id = connections.span_id
GROUP BY route
ORDER BY sum(coalesce(database_nano, 0)) + sum(coalesce(blocked_nano, 0)) DESC, route
"""
_CODES = """
SELECT route, "pitstop.close_code", count(*)
FROM spans JOIN routes USING (route_id)
WHERE kind = 'server' AND spans."http.request.method" = 'WEBSOCKET' AND "pitstop.close_code" > 0
GROUP BY ALL ORDER BY 1, 2
"""


def connections(traces: Traces) -> tuple[ConnectionSummary, ...]:
    """The figures of each WebSocket route over all runs in the store, the one with the most database and blocked time first."""
    codes: dict[str, dict[int, int]] = {}
    for route, code, times in traces.sql(_CODES):
        codes.setdefault(str(route), {})[int(code)] = int(times)
    return tuple(
        ConnectionSummary(
            route=str(row[0]),
            connections=int(row[1]),
            refused=int(row[2]),
            errors=int(row[3]),
            open_s=float(row[4]),
            messages_in=float(row[5]),
            messages_out=float(row[6]),
            bytes_in=float(row[7]),
            bytes_out=float(row[8]),
            statements=float(row[9]),
            rows=float(row[10]),
            database_ms=float(row[11]),
            blocked_ms=float(row[12]),
            close_codes=codes.get(str(row[0]), {}),
        )
        for row in traces.sql(_QUERY.format(counts=COUNTS))
    )
