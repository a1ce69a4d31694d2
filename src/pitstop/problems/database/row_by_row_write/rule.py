"""Changing statements and flushes sent once for each turn of a loop, here or in what the loop calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.early import may_return_before
from pitstop.project.facts import Call, Comp, Expr, For, Name, children
from pitstop.project.loops import is_picked, is_search, open_loop
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.project.writes import Write

INSERTS = Impact(
    text="one statement for all rows instead of one for each",
    expected=(10.0, 30.0),
    source="insert row by row with flush against `add_all` (10×) and one `insert()` with a list (30×): pitstop's own measurement",
)
OTHERS = Impact(text="one round trip for all rows instead of one for each")
_VERBS = {"insert": "inserts", "update": "updates", "delete": "deletes", "flush": "flushes"}


def find(project: Project) -> list[Finding]:
    """One finding for each call in a loop that writes a row."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        looping = [site for site in function.calls if site.loops and not site.in_lambda]
        if not looping or project.jobs.runs(function) is None:
            continue
        direct = {id(w.site.node): w for w in project.writes.direct(function) if w.kind != "commit"}
        for site in looping:
            assert isinstance(site.node, Call)
            write = direct.get(id(site.node))
            found: tuple[tuple[Step, ...], Write] | None = ((), write) if write is not None else None
            reach = project.jobs.runs(function, site)
            if found is None and reach is not None:
                step = Step(function, site)
                targets = [t for t in project.calls.targets(site.node, function) if not is_memoised(t)]
                # A commit costs more than the statement before it: that is another problem's matter.
                ways = [
                    project.writes.find(
                        target, "insert", "update", "delete", "flush", by=step, under=reach.facts
                    )
                    for target in targets
                    if project.writes.find(target, "commit", by=step, under=reach.facts) is None
                ]
                found = ways[0] if ways and len(ways) == len(targets) and None not in ways else None
            loop = open_loop(project.types, function, site) if found is not None else None
            if found is None or loop is None or reach is None or _commits(project, function, loop):
                continue
            if not _goes_over_tables(project, function, found[1], loop):
                yield _finding(project, function, site, loop, found[0], found[1], reach)


def _commits(project: Project, function: FunctionInfo, loop: For | Comp) -> bool:
    return any(w.kind == "commit" and loop in w.site.loops for w in project.writes.direct(function))


def _goes_over_tables(project: Project, function: FunctionInfo, write: Write, loop: For | Comp) -> bool:
    """Whether the loop goes over models: `for model in (Order, Item): ... delete(model)` is a statement for each table."""
    if write.function is not function or not isinstance(loop, For):
        return False
    own = {node.id for node in _inside(loop.target) if isinstance(node, Name)}
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        if loop in site.loops and call.args and isinstance(call.args[0], Name) and call.args[0].id in own:
            name = project.types.type_of(call.func, function).name
            if name.startswith("sqlalchemy") and name.rpartition(".")[2] in {
                "delete",
                "insert",
                "query",
                "update",
            }:
                return True
    return False


def _inside(expr: Expr) -> Iterator[Expr]:
    yield expr
    for child in children(expr):
        yield from _inside(child)


def _finding(
    project: Project,
    function: FunctionInfo,
    site: Site,
    loop: For | Comp,
    steps: tuple[Step, ...],
    write: Write,
    reach: Reach,
) -> Finding:
    source = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    over = " ".join(function.module.text(source).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    through = " → ".join(dict.fromkeys(step.function.name for step in steps))
    via = f" through {through}" if through else ""
    confidence, severity, why = weigh(
        reach,
        (Step(function, site), *steps),
        "possible",
        "medium",
        doubts=list(_doubts(project, function, site, loop, steps, write)),
    )
    what = _VERBS[write.kind]
    return make(
        problem="row-by-row-write",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` {what}{via} once for each turn of the loop over `{over}`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        # All that one loop does on its turns has one cure.
        identity=(function.qualname, over),
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, site), *steps)),
        evidence=(
            SourceEvidence(
                text=f"each turn of the loop over `{over}` sends a statement of its own"
                + (f"; but {why}" if why else ""),
                locations=(function.at(loop), *(step.location for step in steps)),
            ),
        ),
        impact=INSERTS if write.kind in {"insert", "flush"} else OTHERS,
        fix_class="decide" if steps or write.kind in {"update", "delete"} else "proved",
    )


def _doubts(
    project: Project,
    function: FunctionInfo,
    site: Site,
    loop: For | Comp,
    steps: tuple[Step, ...],
    write: Write,
) -> Iterator[str]:
    yield from project.turns.doubts(function, loop)
    if any(guard.at > loop.at for guard in site.guards):
        yield "a test decides which turns write"
    if is_search(loop) or is_picked(project.types, function, site, loop):
        yield "the loop may end early"
    if may_return_before(project.types, project.calls.values, (Step(function, site), *steps)):
        yield "an earlier `return` on the way may spare it"
    if any(step.function.yields for step in steps):
        yield "the loop makes generators, and each writes when it is gone through"
    if write.kind == "flush":
        if any(reads(project, function, other) for other in function.calls if loop in other.loops):
            yield "a query of the same turn may need what was flushed"
    else:
        text = write.function.module.text(write.function.node)
        if "rowcount" in text or "returning" in text.lower():
            yield "the answer to each statement is used"


def reads(project: Project, function: FunctionInfo, site: Site) -> bool:
    """Whether a call queries the database, itself or through what it leads to."""
    call = site.node
    assert isinstance(call, Call)
    if any(query.site is site for query in project.queries.direct(function)):
        return True
    return any(project.queries.find(target) is not None for target in project.calls.targets(call, function))
