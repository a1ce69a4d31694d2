"""Queries sent once for each turn of a loop, here or in what the loop calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.database.n_plus_one_loop.resolvers import resolver_findings
from pitstop.problems.database.n_plus_one_loop.sent import (
    asks_for_held,
    is_handed_few,
    is_of_the_turn,
    is_passed_over,
    most_of_a_turn,
)
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import is_decided, weigh
from pitstop.project.early import may_return_before
from pitstop.project.facts import Attr, Call, Comp, Expr, For, Name, Node, dotted
from pitstop.project.loops import is_kept, is_picked, is_search, open_loop, returns_found_before, runs_once
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import is_true
from pitstop.project.queries import Query
from pitstop.project.sites import Loop, Site
from pitstop.project.traits import is_abstract, is_memoised

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


_READING = {"GET", "GRAPHQL", "HEAD", "WEBSOCKET"}
_TOGETHER = 3
"""Calls of one loop that send queries, from which on they are one finding."""


def find(project: Project) -> list[Finding]:
    """One finding for each call in a loop, and for each field resolver, that leads to a query."""
    return merge_places((*(match.finding for match in matches(project)), *resolver_findings(project, IMPACT)))


def matches(project: Project) -> Iterator[Match]:
    """All calls in loops that lead to a query, on the way of a request."""
    for function in project.functions:
        if project.jobs.runs(function) is None:
            continue
        direct = {id(query.site.node): query for query in project.queries.reads(function)}
        told = []
        for site in function.calls:
            loop = open_loop(project.types, function, site) if site.loops else None
            reach = project.jobs.runs(function, site) if loop is not None else None
            if loop is None or reach is None or site.in_lambda or project.calls.is_spawned(function, site):
                continue
            assert isinstance(site.node, Call)
            query = direct.get(id(site.node))
            found: tuple[tuple[Step, ...], Query] | None = ((), query) if query is not None else None
            is_choice = False
            if found is None:
                targets = project.calls.targets(site.node, function)
                ways = [None if is_memoised(t) else _way(project, function, site, t, reach) for t in targets]
                found = next((way for way in ways if way is not None), None)
                is_choice = None in ways
            if found is None or _is_gathered(function, site) or runs_once(site, loop):
                continue
            steps, query = found
            doubts = list(_doubts(project, function, loop, site, steps, query))
            if is_decided(site, loop) or any(is_decided(step.site) for step in reach.path):
                doubts.append("a branch decides whether it comes to the loop")
            if is_handed_few(function, loop, reach):
                doubts.append("what calls it hands over a few that are written out")
            if reach.routes and not any(set(route.methods) & _READING for route in reach.routes):
                doubts.append("what is sent to be written is few things as a rule")
            if is_choice:
                doubts.append("another implementation of what is called may be the one in use")
            told.append((site, loop, steps, query, reach, doubts))
        sent: dict[int, list[Node]] = {}
        for site, loop, *_ in told:
            sent.setdefault(id(loop), []).append(site.node)
        for site, loop, steps, query, reach, doubts in told:
            finding = _finding(project, function, site, loop, steps, query, reach, doubts, sent[id(loop)])
            yield Match(finding, function, site, loop, steps, query)


def _way(
    project: Project, function: FunctionInfo, site: Site, target: FunctionInfo, reach: Reach
) -> tuple[tuple[Step, ...], Query] | None:
    """The way from a call to what it reads; not to a row that is there already, if more is read."""
    by = Step(function, site)
    found = project.queries.find(target, by, reach.facts)
    if found is not None and asks_for_held(project, function, site, *found):
        return project.queries.find(target, by, reach.facts, lookups=False) or found
    return found


def _finding(
    project: Project,
    function: FunctionInfo,
    site: Site,
    loop: For | Comp,
    steps: tuple[Step, ...],
    query: Query,
    reach: Reach,
    doubts: list[str],
    sent: list[Node],
) -> Finding:
    """`sent` are the calls of the loop that send queries: many are one finding, for no batch of one of them helps much, and so
    are those of which a turn makes one or another."""
    source = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    over = " ".join(function.module.text(source).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    what = query.model.rpartition(".")[2] if _is_told(project, query.model) else "rows"
    through = " → ".join(dict.fromkeys(step.function.name for step in steps))
    via = f" through {through}" if through else ""
    # A caller sends a handful of items where a table has thousands of rows.
    severity: Severity = "medium" if _is_sent(function, source) else "high"
    confidence, severity, why = weigh(
        reach, (Step(function, site), *steps), "likely", severity, doubts=doubts
    )
    most = most_of_a_turn(loop, sent)
    together = len(sent) >= _TOGETHER or most < len(sent)
    others = ""
    if together and most > 1:
        others = (
            ", and 1 more call of the loop sends a query"
            if most == 2
            else f", and {most - 1} more calls of the loop send queries"
        )
    elif together:
        others = "; in other branches of the loop other calls send queries"
    return make(
        problem="n-plus-one-loop",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads {what}{via} once for each turn of the loop over `{over}`{others}",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        identity=(function.qualname, f"loop over {over}") if together else None,
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, site), *steps)),
        evidence=(
            SourceEvidence(
                text=f"the loop over `{over}` sends a query on each turn" + (f"; but {why}" if why else ""),
                locations=(function.at(loop), *(step.location for step in steps)),
            ),
        ),
        impact=IMPACT,
        fix_class="decide" if together else "proved",
    )


def _is_sent(function: FunctionInfo, source: Expr) -> bool:
    """Whether a loop goes over a parameter or an attribute of one: `for tag in body.tags`."""
    name = dotted(source).partition(".")[0]
    bound = function.bindings.get(name, [])
    return bool(name) and name != "self" and bool(bound) and all(b.how == "parameter" for b in bound)


def _is_told(project: Project, model: str) -> bool:
    """Whether a class says whose rows are read: not a base that many models share."""
    info = project.index.classes.get(model)
    abstract = info.attributes.get("__abstract__") if info is not None else None
    return info is not None and not (abstract is not None and is_true(abstract.value))


def _doubts(
    project: Project,
    function: FunctionInfo,
    loop: For | Comp,
    site: Site,
    steps: tuple[Step, ...],
    query: Query,
) -> Iterator[str]:
    yield from project.turns.doubts(function, loop)
    if any(step.site.conditional for step in steps):
        yield "a branch on the way decides whether it is sent"
    if any(returns_found_before(step) for step in steps):
        yield "an earlier `return` of what is known already may spare it"
    if may_return_before(project.types, project.calls.values, (Step(function, site), *steps)):
        yield "an earlier `return` on the way may spare it"
    if is_of_the_turn(site, loop):
        yield "each turn sends another statement, or asks another table"
    if is_passed_over(function, site, loop):
        yield "turns that are known already go by before it"
    if asks_for_held(project, function, site, steps, query):
        yield "the row is there already, and a session gives it without asking"
    if is_picked(project.types, function, site, loop):
        yield "a test lets few of the turns through"
    if is_search(loop):
        yield "the loop may end early"
    if is_kept(function, site, loop):
        yield "what was read is kept, and read once for each different key"
    if _asks_another(project, function, site, loop):
        yield "each turn asks another implementation of one interface, and there are as many as the code has"


def _asks_another(project: Project, function: FunctionInfo, site: Site, loop: For | Comp) -> bool:
    """Whether the loop goes over services, and not over data: the call is a method of its element, of an abstract class."""
    call = site.node
    target = loop.target if isinstance(loop, For) else loop.generators[0].target
    if not (isinstance(call, Call) and isinstance(call.func, Attr) and isinstance(target, Name)):
        return False
    if dotted(call.func.value) != target.id:
        return False
    owner = project.types.type_of(call.func.value, function)
    return any(
        is_abstract(method) for cls in project.types.mro(owner.name) for method in cls.methods.values()
    )


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
