"""The plans of the statements that took requests the most time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pitstop.pictures import PlanStep, StatementPlan
from pitstop.traces.store import Traces

_MOST = 60
_ROUTES = 20
_STATEMENTS = """
SELECT fingerprint_id, "db.query.text", count(*), sum(spans.duration_nano) / 1e6, list(DISTINCT route)
FROM spans JOIN fingerprints USING (fingerprint_id) JOIN routes USING (route_id)
WHERE fingerprint_id IN (SELECT fingerprint_id FROM plans)
GROUP BY ALL ORDER BY 4 DESC, 1 LIMIT ?
"""
# The last one asked for: tables have grown by then.
_STEPS = """
SELECT plans."db.system.name", depth, text, rows FROM plans JOIN plan_steps USING (plan_id)
WHERE plan_id = (SELECT max(plan_id) FROM plans WHERE fingerprint_id = ?) ORDER BY position
"""
_READS: tuple[tuple[re.Pattern[str], Literal["scan", "search", "sort"]], ...] = (
    (re.compile(r"^(?:SCAN (?!CONSTANT)|Seq Scan|USING AUTOMATIC|.*\bAUTOMATIC\b)"), "scan"),
    (re.compile(r"^(?:SEARCH |Index |Bitmap Index)"), "search"),
    (re.compile(r"^(?:USE TEMP B-TREE|Sort|Incremental Sort)"), "sort"),
)


def plans(traces: Traces) -> tuple[StatementPlan, ...]:
    """Those of which the database told a plan, the one that took most time first."""
    found = []
    for number, statement, count, ms, routes in traces.sql(_STATEMENTS, [_MOST]):
        rows = traces.sql(_STEPS, [number])
        if rows:
            found.append(
                StatementPlan(
                    statement=str(statement),
                    database=str(rows[0][0]),
                    count=int(count),
                    ms=float(ms),
                    routes=tuple(sorted(map(str, routes)))[:_ROUTES],
                    steps=_tree([(depth, text, count_of) for _, depth, text, count_of in rows]),
                )
            )
    return tuple(found)


def _tree(rows: Sequence[tuple[int, str, int | None]]) -> tuple[PlanStep, ...]:
    """Steps with those within them, from rows as a tree is printed."""
    steps: list[PlanStep] = []
    position = 0
    while position < len(rows):
        depth, text, expected = rows[position]
        end = position + 1
        while end < len(rows) and rows[end][0] > depth:
            end += 1
        steps.append(
            PlanStep(text=text, reads=_reads(text), rows=expected, inner=_tree(rows[position + 1 : end]))
        )
        position = end
    return tuple(steps)


def _reads(text: str) -> Literal["", "scan", "search", "sort"]:
    return next((word for pattern, word in _READS if pattern.match(text)), "")
