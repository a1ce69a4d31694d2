"""Statements without a limit, sent by routes that read, for tables that requests fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.database.unbounded_query.conditions import narrowness
from pitstop.problems.database.unbounded_query.growth import Growth
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.jobs import UNAWAITED
from pitstop.project.loads import Load, is_streamed

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="a page of rows instead of all of them",
    expected=(1.0, 150.0),
    source="100 000 rows against LIMIT 50: 150×; pitstop's own measurement. It grows with the table: with 50 rows there is nothing to gain",
)
_BOUNDS = {"limit", "slice", "fetch", "group_by", "first", "having", "yield_per", "from_statement"}


def find(project: Project) -> list[Finding]:
    """One finding for each place that reads a whole table on the way of a `GET`, or in a job."""
    return merge_places(finding for finding, _ in matches(project))


def matches(project: Project) -> list[tuple[Finding, Load]]:
    """Each finding, before those of one cause are put together, with the place that reads."""
    growth = Growth(project)
    told = ((_finding(project, growth, load), load) for load in project.loads.all)
    return [(finding, load) for finding, load in told if finding is not None]


def _finding(project: Project, growth: Growth, load: Load) -> Finding | None:
    statement = load.statement
    model = project.models.all.get(load.model)
    if model is None or statement.unknown or statement.parameters or not load.takes("all", "each"):
        return None
    if statement.of(*_BOUNDS) or is_streamed(load) or load.site.in_lambda or load.site.loops:
        return None
    in_job = load.reach.doubt == UNAWAITED
    if not in_job and not any(
        route.kind == "route" and "GET" in route.methods for route in load.reach.routes
    ):
        return None
    narrowed = narrowness(project, statement, model)
    grown = growth.of(model.name)
    if narrowed is None or grown is None or (narrowed and in_job):
        return None
    doubts = [f"only the rows with one `{narrowed}` are read"] if narrowed else []
    doubts += grown.doubts
    if load.site.conditional:
        doubts.append("a branch decides whether it is sent")
    if len(doubts) > 1:
        return None
    severity: Severity = "medium"
    # How far a table grows is not in its source: catalogues are written to as well.
    confidence: Confidence = "possible"
    step = Step(load.function, load.site)
    confidence, severity, why = weigh(load.reach, (step,), confidence, severity, doubts=doubts)
    name = model.info.name
    which = f"every row of `{name}`" + (f" with one `{narrowed}`" if narrowed else "")
    return make(
        problem="unbounded-query",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{load.function.name}` reads {which}: nothing limits how many, and the table grows",
        module=load.function.module,
        owner=load.function.qualname,
        node=load.site.node,
        code=name,
        routes=route_names(load.reach),
        call_path=path_of(load.reach, (step,)),
        evidence=(
            SourceEvidence(
                text=f"no `limit` on the statement; `{name}` rows are made in `{grown.function.name}`"
                + (f"; but {why}" if why else ""),
                locations=(load.function.at(load.site.node), grown.location),
            ),
        ),
        impact=IMPACT,
        fix_class="decide",
    )
