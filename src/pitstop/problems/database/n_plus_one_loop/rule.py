"""Queries sent once for each turn of a loop, here or in what the loop calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step, is_memoised
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call, Comp, For, dotted
from pitstop.project.loops import is_picked, is_search, open_loop
from pitstop.project.model import FunctionInfo, Loop, Site
from pitstop.project.queries import Query

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach

IMPACT = Impact(
    text="one statement instead of one for each row",
    expected=(2.0, 14.0),
    source="1 + 50 queries against an eager load: 7× with selectinload, 14× with joinedload to-one; pitstop's own measurement",
)


@dataclass(frozen=True, slots=True)
class Match:
    """A call inside a loop that sends a query: the loop, the call, the way to the query."""

    finding: Finding
    function: FunctionInfo
    site: Site
    loop: For | Comp
    steps: tuple[Step, ...]
    query: Query


def find(project: Project) -> list[Finding]:
    """One finding for each call in a loop that leads to a query."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """All calls in loops that lead to a query, on the way of a request."""
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is None:
            continue
        direct = {id(query.site.node): query for query in project.queries.direct(function)}
        for site in function.calls:
            loop = open_loop(project.types, function, site) if site.loops else None
            if loop is None or site.in_lambda:
                continue
            assert isinstance(site.node, Call)
            query = direct.get(id(site.node))
            found: tuple[tuple[Step, ...], Query] | None = ((), query) if query is not None else None
            if found is None:
                targets = project.calls.targets(site.node, function)
                ways = (project.queries.find(target) for target in targets if not is_memoised(target))
                found = next((way for way in ways if way is not None), None)
            if found is None or _is_gathered(function, site):
                continue
            steps, query = found
            finding = _finding(function, site, loop, steps, query, reach)
            yield Match(finding, function, site, loop, steps, query)


def _finding(
    function: FunctionInfo, site: Site, loop: For | Comp, steps: tuple[Step, ...], query: Query, reach: Reach
) -> Finding:
    source = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    over = " ".join(function.module.text(source).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    what = query.model.rpartition(".")[2] or "rows"
    through = " → ".join(dict.fromkeys(step.function.name for step in steps))
    via = f" through {through}" if through else ""
    confidence, severity, why = weigh(
        reach, (Step(function, site), *steps), "likely", "high", doubts=tuple(_doubts(loop, site, steps))
    )
    return make(
        problem="n-plus-one-loop",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads {what}{via} once for each turn of the loop over `{over}`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, site), *steps)),
        evidence=(
            SourceEvidence(
                text=f"the loop over `{over}` sends a query on each turn" + (f"; but {why}" if why else ""),
                locations=(function.at(loop), *(step.location for step in steps)),
            ),
        ),
        impact=IMPACT,
        fix_class="proved",
    )


def _doubts(loop: For | Comp, site: Site, steps: tuple[Step, ...]) -> Iterator[str]:
    if any(step.site.conditional for step in steps):
        yield "a branch on the way decides whether it is sent"
    if is_picked(site, loop):
        yield "a test lets few of the turns through"
    if is_search(loop):
        yield "the loop may end early"


def _is_gathered(function: FunctionInfo, site: Site) -> bool:
    """Whether the turns are handed to `gather` together: a fan-out, which is another problem's matter."""
    innermost: Loop | None = site.loops[-1] if site.loops else None
    if not isinstance(innermost, Comp) or site.awaited:
        return False
    return any(
        dotted(call.node.func).rpartition(".")[2] in {"gather", "as_completed", "wait"}
        for call in function.calls
        if isinstance(call.node, Call)
    )
