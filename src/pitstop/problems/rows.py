"""Findings at places that do something with all rows of a query, told the same way by each problem about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, FixClass, Impact, Location, Severity, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Node
from pitstop.project.loads import Load, is_streamed
from pitstop.project.rows import Use

if TYPE_CHECKING:
    from pitstop.project import Project

_CONDITIONS = ("where", "filter", "filter_by", "having", "join")
_BOUNDS = ("limit", "slice", "fetch", "from_statement", "with_for_update")


def whole_loads(project: Project) -> Iterator[Load]:
    """Loads that take all rows of a statement which nothing limits and whose parts are all known."""
    for load in project.loads.everywhere:
        statement = load.statement
        if statement.unknown or statement.parameters or not load.takes("all", "each"):
            continue
        if statement.of(*_BOUNDS) or is_streamed(load) or load.site.in_lambda or not load.entities:
            continue
        yield load


def is_same_turn(load: Load, use: Use) -> bool:
    """Whether the rows are used where they are loaded, and not on each turn of a loop that comes later."""
    for site in load.function.sites:
        if site.node is use.node:
            return len(site.loops) <= len(load.site.loops)
    return False


def rows_of(project: Project, load: Load) -> str:
    """What the rows are, in words."""
    model = project.models.all.get(load.model)
    return f"`{model.info.name}` rows" if model is not None else "rows"


def all_rows_of(project: Project, load: Load) -> str:
    """All rows that a statement finds, in words: those of the table, or those that its conditions let through."""
    matching = "matching " if load.statement.of(*_CONDITIONS) else ""
    return f"all {matching}{rows_of(project, load)}"


def finding_at(
    load: Load,
    node: Node,
    *,
    problem: str,
    message: str,
    told: str,
    severity: Severity,
    confidence: Confidence,
    impact: Impact,
    fix_class: FixClass = "decide",
) -> Finding:
    """A finding at what is done with the rows; the evidence holds the place of the statement too."""
    step = Step(load.function, load.site)
    confidence, severity, why = weigh(load.reach, (step,), confidence, severity)
    sent: Location = load.query.function.at(load.query.site.node)
    return make(
        problem=problem,
        domain="database",
        severity=severity,
        confidence=confidence,
        message=message,
        module=load.function.module,
        owner=load.function.qualname,
        node=node,
        routes=route_names(load.reach),
        call_path=path_of(load.reach, (step,)),
        evidence=(
            SourceEvidence(
                text=told + (f"; but {why}" if why else ""),
                locations=(load.function.at(load.site.node), sent),
            ),
        ),
        impact=impact,
        fix_class=fix_class,
    )
