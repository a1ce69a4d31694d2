"""Statements that look rows up by the column, and how long they took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.database.missing_index.rule import find
from pitstop.problems.measured import confirmed, statements

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of the statements that filter by each column without an index."""
    groups = statements(traces)
    for finding in find(project):
        name, _, attribute = finding.location.symbol.rpartition(".")
        model = project.models.all.get(name)
        column = model.columns.get(attribute) if model is not None else None
        if model is None or column is None:
            continue
        wanted = re.compile(
            rf"\b{re.escape(model.table)}\"?\.\"?{re.escape(column.name)}\"?\s*(=|IN\b)", re.IGNORECASE
        )
        there = [g for g in groups if wanted.search(g.text.partition(" WHERE ")[2])]
        yield from confirmed(
            finding, there, "statements", "{route} sent this statement {count} times in one request ({ms} ms)"
        )
