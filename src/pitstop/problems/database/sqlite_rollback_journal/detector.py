"""How long requests waited for their commits to SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.database.sqlite_rollback_journal.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_COMMITS = """
SELECT r.route, count(*), sum(s.duration_nano) / 1e6, max(s.duration_nano) / 1e6
FROM spans s JOIN routes r ON r.route_id = s.route_id
WHERE s."db.operation.name" = 'COMMIT' AND EXISTS (
    SELECT 1 FROM holds h JOIN pools p ON p.pool_id = h.pool_id
    WHERE h."pitstop.run" = s."pitstop.run" AND h."pitstop.exchange" = s."pitstop.exchange" AND p."db.system.name" = 'sqlite'
)
GROUP BY r.route ORDER BY 3 DESC
"""
_LEAST_MS = 0.5
"""A commit that writes nothing is over sooner."""
_MOST = 5


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings of the rule, with the routes whose commits took longest; the database may have a log that the code does not ask for."""
    findings = list(find(project))
    evidence = [
        TraceEvidence(
            text=f"{route} waited {total / commits:.1f} ms for its commit, and {most:.1f} ms at most",
            figures={"commits": float(commits), "duration_ms": round(total / commits, 3)},
            route=route,
        )
        for route, commits, total, most in traces.sql(_COMMITS)
        if total / commits >= _LEAST_MS
    ][:_MOST]
    if evidence:
        for finding in findings:
            yield msgspec.structs.replace(finding, evidence=(*finding.evidence, *evidence))
