"""Indexes that were tried on a clone, as evidence of the findings that ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.trials import Advice, IndexAdvice

if TYPE_CHECKING:
    from pitstop.project import Project

_PROBLEM = "missing-index"


def tried(found: Iterable[Finding], advice: Advice, project: Project) -> Iterator[Finding]:
    """Each finding of a column without an index for which one that begins with it helped, with what it gained and cost."""
    helped: dict[tuple[str, str], IndexAdvice] = {}
    for index in advice.suggested:
        helped.setdefault((index.table, index.columns[0]), index)
    told: set[str] = set()
    for finding in found:
        if finding.problem != _PROBLEM or finding.id in told:
            continue
        name, _, attribute = finding.location.symbol.rpartition(".")
        model = project.models.all.get(name)
        column = model.columns.get(attribute) if model is not None else None
        if model is None or column is None:
            continue
        tried_here = helped.get((model.table.rpartition(".")[2], column.name))
        if tried_here is not None:
            told.add(finding.id)
            yield msgspec.structs.replace(finding, evidence=(_evidence(tried_here),), confidence="certain")


def _evidence(index: IndexAdvice) -> TraceEvidence:
    best = max(index.statements, key=lambda trial: (trial.before_ms - trial.after_ms) * trial.count)
    route = best.routes[0] if best.routes else ""
    figures = {
        "before_ms": round(best.before_ms, 3),
        "after_ms": round(best.after_ms, 3),
        "before_work": best.before_work,
        "after_work": best.after_work,
        "build_ms": round(index.build_ms, 1),
    }
    return TraceEvidence(
        text=f"`{index.ddl}` was built on a clone: this statement of {route or 'the run'} takes {best.after_ms:.3g} ms instead of {best.before_ms:.3g}",
        figures=figures,
        statement=best.statement,
        route=route,
    )
