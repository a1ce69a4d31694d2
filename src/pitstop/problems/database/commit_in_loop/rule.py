"""Commits sent once for each turn of a loop, here or in what the loop calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.early import may_return_before
from pitstop.project.facts import Await, Call, Comp, For, Try, dotted
from pitstop.project.loops import is_picked, is_search, open_loop
from pitstop.project.sites import walk
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.project.writes import Write

IMPACT = Impact(
    text="one commit instead of one for each turn",
    expected=(11.0, 11.0),
    source="commit per row against one commit, PostgreSQL: pitstop's own measurement",
)
_STORING = {"blob", "download", "file", "image", "upload"}
_SENDS = {
    "add",
    "commit",
    "delete",
    "execute",
    "exec",
    "flush",
    "get",
    "merge",
    "refresh",
    "rollback",
    "scalar",
    "scalars",
}


def find(project: Project) -> list[Finding]:
    """One finding for each call in a loop that commits."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        looping = [site for site in function.calls if site.loops and not site.in_lambda]
        if not looping or project.jobs.runs(function) is None:
            continue
        direct = {id(w.site.node): w for w in project.writes.direct(function) if w.kind == "commit"}
        for site in looping:
            assert isinstance(site.node, Call)
            write = direct.get(id(site.node))
            found: tuple[tuple[Step, ...], Write] | None = ((), write) if write is not None else None
            reach = project.jobs.runs(function, site)
            if found is None and reach is not None:
                step = Step(function, site)
                targets = project.calls.targets(site.node, function)
                # Of several implementations nobody knows which one runs: all of them must commit.
                ways = [
                    project.writes.find(t, "commit", by=step, under=reach.facts)
                    for t in targets
                    if not is_memoised(t) and not project.writes.changes_nothing_in(function, t)
                ]
                found = ways[0] if ways and None not in ways else None
            loop = open_loop(project.types, function, site) if found is not None else None
            if found is not None and loop is not None and reach is not None:
                yield _finding(project, function, site, loop, found[0], reach)


def _finding(
    project: Project,
    function: FunctionInfo,
    site: Site,
    loop: For | Comp,
    steps: tuple[Step, ...],
    reach: Reach,
) -> Finding:
    source = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    over = " ".join(function.module.text(source).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    through = " → ".join(dict.fromkeys(step.function.name for step in steps))
    via = f" through {through}" if through else ""
    doubts = list(_doubts(project, function, site, loop, steps))
    # Each turn on its own may be what is wanted: only who wrote it knows what must not be lost together.
    confidence, severity, why = weigh(
        reach, (Step(function, site), *steps), "possible", "medium", doubts=doubts
    )
    return make(
        problem="commit-in-loop",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` commits{via} once for each turn of the loop over `{over}`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        # All that one loop does on its turns has one cure.
        identity=(function.qualname, over),
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, site), *steps)),
        evidence=(
            SourceEvidence(
                text=f"each turn of the loop over `{over}` waits for a commit, and what fails later leaves the earlier turns behind"
                + (f"; but {why}" if why else ""),
                locations=(function.at(loop), *(step.location for step in steps)),
            ),
        ),
        impact=IMPACT,
        fix_class="decide" if steps else "proved",
    )


def _doubts(
    project: Project, function: FunctionInfo, site: Site, loop: For | Comp, steps: tuple[Step, ...]
) -> Iterator[str]:
    yield from project.turns.doubts(function, loop)
    if site.conditional and any(guard.at > loop.at for guard in site.guards):
        yield "a test decides which turns commit"
    if is_search(loop) or is_picked(project.types, function, site, loop):
        yield "the loop may end early"
    if isinstance(loop, For) and any(isinstance(s, Try) and s.handlers for s in walk(loop.body)):
        yield "each turn handles its own errors, so a transaction for each may be meant"
    if may_return_before(project.types, project.calls.values, (Step(function, site), *steps)):
        yield "an earlier `return` on the way may spare it"
    if any(_words(step.function.name) & _STORING for step in steps):
        yield "each turn stores a file as well, which takes longer"
    if _waits_for_others(project, function, loop, steps):
        yield "each turn waits for something else as well, and a transaction should not be open meanwhile"


def _words(name: str) -> set[str]:
    return set(name.lower().split("_"))


def _waits_for_others(
    project: Project, function: FunctionInfo, loop: For | Comp, steps: tuple[Step, ...]
) -> bool:
    """Whether a turn awaits, or blocks on, what is not the session: an HTTP call, a queue, a file."""
    for site in function.sites:
        if loop not in site.loops or not isinstance(site.node, Await):
            continue
        call = site.node.value
        if not isinstance(call, Call):
            continue
        if dotted(call.func).rpartition(".")[2] in _SENDS or project.calls.targets(call, function):
            continue
        return True
    return any(
        sink.known.kind == "blocks"
        and sink.known.category in {"file", "http", "llm", "sleep", "network", "subprocess"}
        for inner in (function, *(step.function for step in steps))
        for sink in project.calls.sinks(inner)
        if inner is not function or loop in sink.site.loops
    )
