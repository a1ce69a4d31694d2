"""The figures of each route: how often, how long, how much of it database, commands, calls, loop and CPU."""

from __future__ import annotations

from pitstop.measures import PhaseSummary, RouteSummary
from pitstop.traces.store import Traces
from pitstop.traces.tables import COUNTS

_QUERY = """
WITH requests AS (
    SELECT span_id, route_id, duration_nano, "pitstop.cpu_nano" AS cpu, "http.request.body.size" AS bytes_in, "http.response.body.size" AS bytes,
           CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END AS failed
    FROM spans WHERE kind = 'server' AND "http.request.method" <> 'WEBSOCKET'
),
children AS (
    SELECT parent_span_id,
           sum(CASE WHEN {counts} THEN 1 ELSE 0 END) AS statements,
           sum(CASE WHEN fingerprint_id > 0 THEN "db.response.returned_rows" ELSE 0 END) AS returned,
           sum(CASE WHEN fingerprint_id > 0 THEN duration_nano ELSE 0 END) AS database_nano,
           sum(CASE WHEN "db.system.name" <> '' THEN coalesce("db.operation.batch.size", 1) ELSE 0 END) AS commands,
           sum(CASE WHEN "db.system.name" <> '' THEN duration_nano ELSE 0 END) AS commands_nano,
           sum(CASE WHEN "url.full" <> '' THEN 1 ELSE 0 END) AS calls,
           sum(coalesce("pitstop.connect_nano", 0) + coalesce("pitstop.tls_nano", 0)) AS connecting_nano,
           sum(coalesce("gen_ai.usage.input_tokens", 0) + coalesce("gen_ai.usage.output_tokens", 0)) AS tokens,
           sum(CASE WHEN name = 'event_loop.block' THEN duration_nano ELSE 0 END) AS blocked_nano
    FROM spans WHERE kind <> 'server' GROUP BY parent_span_id
)
SELECT route, count(*), sum(failed), {median} / 1e6, {tail} / 1e6, {far} / 1e6, avg(cpu) / 1e6,
       avg(coalesce(statements, 0)), avg(coalesce(returned, 0)), avg(coalesce(database_nano, 0)) / 1e6,
       avg(coalesce(blocked_nano, 0)) / 1e6, avg(bytes), avg(coalesce(commands, 0)), avg(coalesce(commands_nano, 0)) / 1e6,
       avg(coalesce(calls, 0)), avg(coalesce(connecting_nano, 0)) / 1e6, avg(coalesce(tokens, 0)), avg(bytes_in)
FROM requests
JOIN routes ON routes.route_id = requests.route_id
LEFT JOIN children ON children.parent_span_id = requests.span_id
GROUP BY route
ORDER BY sum(duration_nano) DESC, route
"""


_PHASES = """
WITH counted AS (
    SELECT route_id, count(DISTINCT trace_id) AS requests FROM spans WHERE "pitstop.phase" <> '' GROUP BY route_id
)
SELECT route, "pitstop.phase", CASE WHEN fingerprint_id > 0 OR "db.system.name" <> '' OR "url.full" <> '' THEN '' ELSE "code.function.name" END AS who,
       CASE WHEN who = '' THEN '' ELSE "code.file.path" END AS path, CASE WHEN who = '' THEN 0 ELSE "code.line.number" END AS line,
       sum("pitstop.own_nano") / any_value(requests) / 1e6 AS ms
FROM spans JOIN routes USING (route_id) JOIN counted USING (route_id)
WHERE "pitstop.phase" <> ''
GROUP BY ALL ORDER BY ms DESC
"""


def summarise(traces: Traces) -> tuple[RouteSummary, ...]:
    """The figures of each route over all runs in the store, the one with the most time spent in it first.

    Those of connections are told by `connections`: the time that one is open is its client's.
    """
    query = _QUERY.format(
        counts=COUNTS,
        median=traces.quantile("duration_nano", 0.5),
        tail=traces.quantile("duration_nano", 0.95),
        far=traces.quantile("duration_nano", 0.99),
    )
    phases: dict[str, list[PhaseSummary]] = {}
    for route, kind, name, path, line, ms in traces.sql(_PHASES):
        phase = PhaseSummary(kind=kind, ms=float(ms), name=name, path=path, line=int(line))
        phases.setdefault(str(route), []).append(phase)
    return tuple(
        RouteSummary(
            route=str(row[0]),
            requests=int(row[1]),
            errors=int(row[2]),
            p50_ms=float(row[3]),
            p95_ms=float(row[4]),
            p99_ms=float(row[5]),
            cpu_ms=float(row[6]),
            statements=float(row[7]),
            rows=float(row[8]),
            database_ms=float(row[9]),
            blocked_ms=float(row[10]),
            bytes=float(row[11]),
            commands=float(row[12]),
            commands_ms=float(row[13]),
            calls=float(row[14]),
            connecting_ms=float(row[15]),
            tokens=float(row[16]),
            bytes_in=float(row[17]),
            phases=tuple(phases.get(str(row[0]), ())),
        )
        for row in traces.sql(query)
    )
