"""The slowest requests, step by step."""

from __future__ import annotations

from itertools import groupby

from pitstop.measures import Waterfall, WaterfallStep
from pitstop.traces.store import Row, Traces

_REQUESTS = 5
"""Routes whose slowest request is told."""
_STEPS = 40
_LONGEST = 100
_SLOWEST = """
SELECT trace_id, start_time_unix_nano, duration_nano, route, "pitstop.test", "http.response.status_code" FROM (
    SELECT *, row_number() OVER (PARTITION BY route_id ORDER BY duration_nano DESC, trace_id) AS place
    FROM spans WHERE kind = 'server' AND "http.request.method" <> 'WEBSOCKET'
) JOIN routes USING (route_id)
WHERE place = 1 ORDER BY duration_nano DESC, trace_id LIMIT ?
"""
_STEPS_OF = """
SELECT name, "pitstop.phase", start_time_unix_nano, duration_nano, "code.file.path", "code.line.number",
       coalesce("db.query.text", ''), "url.full", "gen_ai.request.model"
FROM spans LEFT JOIN fingerprints ON fingerprints.fingerprint_id = spans.fingerprint_id AND spans.fingerprint_id > 0
WHERE trace_id = ? AND "pitstop.phase" NOT IN ('', 'framework')
ORDER BY start_time_unix_nano, duration_nano DESC, span_id
"""


def slowest(traces: Traces) -> tuple[Waterfall, ...]:
    """The slowest request of each of the routes that had the slowest ones, with its steps in the order in which they began."""
    found = []
    for trace, start, duration, route, test, status in traces.sql(_SLOWEST, [_REQUESTS]):
        steps = sorted(
            _steps(traces.sql(_STEPS_OF, [trace]), start, start + duration), key=lambda step: -step.ms
        )
        kept, left = steps[:_STEPS], steps[_STEPS:]
        found.append(
            Waterfall(
                route=str(route),
                test=str(test),
                status=int(status or 0),
                ms=duration / 1e6,
                steps=tuple(sorted(kept, key=lambda step: (step.start_ms, -step.ms))),
                shorter=sum(step.times for step in left),
                shorter_ms=sum(step.ms for step in left),
            )
        )
    return tuple(found)


def _steps(rows: list[Row], origin: int, answered: int) -> list[WaterfallStep]:
    """One step for each span; the same statement again and again is one, from its first beginning to its last end."""
    steps: list[WaterfallStep] = []
    for (name, path, line), group in groupby(rows, key=lambda row: (_name(row), row[4], row[5])):
        same = list(group)
        start, end = same[0][2], max(row[2] + row[3] for row in same)
        steps.append(
            WaterfallStep(
                name=name,
                kind=str(same[0][1]),
                start_ms=(start - origin) / 1e6,
                ms=(end - start) / 1e6,
                after_ms=max(0, end - max(start, answered)) / 1e6,
                times=len(same),
                path=str(path or ""),
                line=int(line or 0),
            )
        )
    return steps


def _name(row: Row) -> str:
    name, _, _, _, _, _, statement, url, model = row
    if statement:
        return " ".join(str(statement).split())[:_LONGEST]
    return " ".join(str(each) for each in (name, url, model) if each)
