"""Lazy loads: the same statement for row after row, sent from where a relationship is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.database.n_plus_one_lazy_relationship.rule import matches
from pitstop.problems.measured import confirmed, covers, repeated_statements

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of each relationship that is read row by row."""
    groups = repeated_statements(traces)
    for match in matches(project):
        location, table = match.finding.location, _table(project, match.relation.target)
        there = [
            group
            for group in groups
            # What a response model reads is read with no user frame on the stack.
            if (covers(location, group.frames) or (not group.frames and group.route in match.finding.routes))
            and table in group.text
        ]
        text = "{route} sent this statement {count} times {within} ({ms} ms)"
        yield from confirmed(match.finding, there, "statements", text)


def _table(project: Project, target: str) -> str:
    model = project.models.all.get(target)
    return model.table if model is not None else ""
