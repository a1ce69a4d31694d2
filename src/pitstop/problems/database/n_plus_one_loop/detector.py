"""The same statement again and again in one request, sent from a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.database.n_plus_one_loop.rule import matches
from pitstop.problems.measured import confirmed, covers, repeated_statements

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of each loop that sends a query on every turn."""
    groups = repeated_statements(traces)
    for match in matches(project):
        there = [g for g in groups if covers(match.finding.location, g.frames)]
        text = "{route} sent this statement {count} times {within} ({ms} ms)"
        yield from confirmed(match.finding, there, "statements", text)
