"""Loops over data that wait for another server on each turn, though no turn needs the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.carried import carries, touches_session, yields_inside
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call, Comp, Expr, For, Name, dotted
from pitstop.project.fanout import is_configured, is_limited, is_slice
from pitstop.project.loops import is_picked, is_search, open_loop

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.project.waits import Wait

_IMPACT = Impact(
    text="the answer comes after the longest wait instead of after all of them",
    expected=(1.0, 3.6),
    source="five 20 ms HTTP awaits together: 3.6× alone, nothing when the CPU is busy; pitstop's own measurement",
)
_ASKS = {"http": "waits for another server", "llm": "waits for a language model"}


_FILLED = {"cache", "done", "found", "known", "memo", "processed", "seen", "visited"}
"""Words for collections that turns fill and ask."""


@dataclass(frozen=True, slots=True)
class Match:
    """A finding with the call and the loop that it tells of."""

    finding: Finding
    function: FunctionInfo
    site: Site
    loop: For | Comp


def find(project: Project) -> list[Finding]:
    """One finding for each awaited call in a loop that leads to another server."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """Each such call."""
    for function in project.functions:
        if not function.is_async or project.calls.reach(function) is None:
            continue
        waits = {id(wait.site.node): wait for wait in project.waits.direct(function)}
        for site in function.calls:
            if not site.loops or site.in_lambda:
                continue
            found = _wait(project, function, site, waits)
            if found is None:
                continue
            loop = open_loop(project.types, function, site)
            reach = project.calls.reach(function, site)
            if reach is None or loop is None or not _independent(project, function, site, loop):
                continue
            yield Match(_finding(project, function, reach, site, loop, *found), function, site, loop)


def _wait(
    project: Project, function: FunctionInfo, site: Site, waits: dict[int, Wait]
) -> tuple[tuple[Step, ...], Wait] | None:
    """The wait that an awaited call is or leads to on every way."""
    direct = waits.get(id(site.node))
    if direct is not None:
        return (), direct
    if not site.awaited:
        return None
    assert isinstance(site.node, Call)
    for target in project.calls.targets(site.node, function):
        if target.is_async and not target.yields:
            below = project.waits.below(target, always=True)
            if below is not None:
                return below
    return None


def _independent(project: Project, function: FunctionInfo, site: Site, loop: For | Comp) -> bool:
    """Whether the turns could run together: nothing is carried on, ended early, limited or sent on in order."""
    if isinstance(loop, For) and (loop.is_async or is_search(loop) or yields_inside(loop)):
        return False
    if isinstance(loop, Comp) and any(g.is_async for g in loop.generators):
        return False
    if any(is_slice(function, s) or is_configured(function, s) for s in _sources(loop)):
        return False
    if (
        is_picked(project.types, function, site, loop)
        or is_limited(project.types, function, site)
        or len(site.loops) > 1
    ):
        return False
    if _shares(function, site):
        return False
    return isinstance(loop, Comp) or not (carries(loop) or touches_session(project.sessions, function, loop))


def _shares(function: FunctionInfo, site: Site) -> bool:
    """Whether each turn is handed what the others fill: `await visit(page, seen)`."""
    call = site.node
    assert isinstance(call, Call)
    names = {a.id for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, Name)}
    return any(
        set(name.lower().split("_")) & _FILLED
        or any(
            isinstance(b.value, Call) and dotted(b.value.func) in {"set", "dict", "list"}
            for b in function.bindings.get(name, ())
        )
        for name in names
    )


def _sources(loop: For | Comp) -> list[Expr]:
    return [loop.iter] if isinstance(loop, For) else [g.iter for g in loop.generators]


def _finding(
    project: Project,
    function: FunctionInfo,
    reach: Reach,
    site: Site,
    loop: For | Comp,
    steps: tuple[Step, ...],
    wait: Wait,
) -> Finding:
    over = " ".join(function.module.text(_sources(loop)[0]).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    way = " → ".join([*dict.fromkeys(step.function.name for step in steps), f"`{wait.name}`"])
    every = (Step(function, site), *steps)
    doubts = []
    if site.conditional and any(guard.at > loop.at for guard in site.guards):
        doubts.append("a branch decides on each turn")
    if any(project.sessions.direct(step.function) for step in steps):
        doubts.append("a database session is used on the way")
    base: Confidence = "likely"
    confidence, severity, why = weigh(reach, every, base, "medium", doubts=doubts)
    return make(
        problem="await-in-loop",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` {_ASKS[wait.category]} ({way}) once for each of `{over}`, one after the other",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach, every),
        evidence=(
            SourceEvidence(
                text=f"no turn of the loop over `{over}` uses what another one got"
                + (f"; but {why}" if why else ""),
                locations=(function.at(loop), *(step.location for step in steps)),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
