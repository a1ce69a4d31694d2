"""Statements that look rows up by the column: how long they took, and how the database's own plans carry them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Evidence, Finding, TraceEvidence
from pitstop.problems.database.missing_index.rule import find
from pitstop.problems.measured import Group, confirmed, statements
from pitstop.problems.plans import Read, reads

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_SAID = "{route} sent this statement {count} times {within} ({ms} ms)"
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of the statements that filter by each column without an index."""
    plans = reads(traces)
    for finding, table, _, there in _measured(traces, project):
        scanned: dict[Read, list[Group]] = {}
        others: list[Group] = []
        for group in there:
            scan = next((r for r in plans.get(group.text, ()) if r.table == table and r.is_telling), None)
            (scanned.setdefault(scan, []) if scan is not None else others).append(group)
        evidence: list[Evidence] = []
        for scan, groups in scanned.items():
            evidence += _with_plan(finding, scan, groups)
        for plain in confirmed(finding, others, "statements", _SAID):
            evidence += plain.evidence
        if evidence:
            yield msgspec.structs.replace(finding, evidence=tuple(evidence))


def refute(traces: Traces, project: Project) -> Iterator[tuple[str, str]]:
    """Findings that the plans disprove, each with the reason: an index that the code does not show serves the column."""
    plans = reads(traces)
    for finding, table, column, there in _measured(traces, project):
        steps = [step for group in there for step in plans.get(group.text, ()) if step.table == table]
        ends_a_key = _ends_a_key(project, finding, column)
        used = next((s for s in steps if _begins_with(s, column, ends_a_key)), None)
        if used is not None and not any(step.is_telling for step in steps):
            shown = "which neither the model nor a migration shows"
            there_is = f"{_NAMES[used.database]} looks `{table}.{column}` up in the index `{used.index}`"
            yield finding.id, f"{there_is}, {shown}"


def _begins_with(step: Read, column: str, ends_a_key: bool) -> bool:
    """Whether a step shows an index that begins with the column.

    PostgreSQL also reads the whole of an index to find rows by a column further on in it, and says so in no other words. So
    where the code shows such an index, that one may be meant.
    """
    if step.access != "search" or not step.index or step.columns[:1] != (column,):
        return False
    return step.database != "postgresql" or not ends_a_key


def _ends_a_key(project: Project, finding: Finding, column: str) -> bool:
    """Whether the code shows an index or key that holds the column, but does not begin with it."""
    model = project.models.all[finding.location.symbol.rpartition(".")[0]]
    return any(column in columns[1:] for columns in model.indexes)


def _measured(traces: Traces, project: Project) -> Iterator[tuple[Finding, str, str, list[Group]]]:
    """Each finding of the source with its table, its column, and the statements that were sent for it."""
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
        there = [g for g in groups if (where := _WHERE.search(g.text)) and wanted.search(g.text, where.end())]
        yield finding, model.table.rpartition(".")[2], column.name, there


def _with_plan(finding: Finding, scan: Read, groups: Iterable[Group]) -> Iterator[TraceEvidence]:
    rows = f" ({scan.rows:,} rows)" if scan.rows is not None else ""
    said = f"{_SAID}, and by its plan {_NAMES[scan.database]} reads all of `{scan.table}`{rows} for it"
    more: Mapping[str, float] = {"table_rows": float(scan.rows)} if scan.rows is not None else {}
    for measured in confirmed(finding, groups, "statements", said):
        for each in measured.evidence:
            if isinstance(each, TraceEvidence):
                yield msgspec.structs.replace(each, figures={**each.figures, **more})
