"""Neighbouring awaits of other servers, where the second needs nothing of the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.carried import names_read
from pitstop.project.doubt import weigh
from pitstop.project.facts import Assign, Attr, Await, Call, Name, Seq, Statement, blocks
from pitstop.project.fanout import is_limited
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.project.waits import Wait

_IMPACT = Impact(
    text="the answer comes after the longer wait instead of after both",
    expected=(1.0, 2.0),
    source="five 20 ms HTTP awaits together: 3.6× alone, nothing when the CPU is busy; pitstop's own measurement; two gain at most 2×",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One `name = await call(...)` that leads to another server on every way."""

    site: Site
    names: frozenset[str]
    steps: tuple[Step, ...]
    wait: Wait

    @property
    def shown(self) -> str:
        return self.steps[0].function.name if self.steps else self.wait.name


def find(project: Project) -> list[Finding]:
    """One finding for each pair of neighbouring, independent waits."""
    return merge_places(pairs(project))


def pairs(project: Project) -> Iterator[Finding]:
    """A finding for each place of such a pair; its evidence names the places of both."""
    for function in project.functions:
        if not function.is_async or project.calls.reach(function) is None:
            continue
        sites = {id(site.node): site for site in function.calls if site.awaited}
        for body in _bodies(function.node.body):
            for first, second in pairwise(body):
                one = _asked(project, function, first, sites)
                other = _asked(project, function, second, sites) if one is not None else None
                if one is not None and other is not None and _independent(project, function, one, other):
                    reach = project.calls.reach(function, other.site)
                    if reach is not None:
                        yield _finding(function, reach, one, other)


def _bodies(body: tuple[Statement, ...]) -> Iterator[tuple[Statement, ...]]:
    yield body
    for statement in walk(body):
        yield from blocks(statement)


def _asked(
    project: Project, function: FunctionInfo, statement: Statement, sites: dict[int, Site]
) -> _Asked | None:
    if not (isinstance(statement, Assign) and isinstance(statement.value, Await)):
        return None
    call = statement.value.value
    site = sites.get(id(call))
    if not isinstance(call, Call) or site is None:
        return None
    names: set[str] = set()
    for target in statement.targets:
        items = target.items if isinstance(target, Seq) else (target,)
        if not all(isinstance(item, Name) for item in items):
            return None
        names |= {item.id for item in items if isinstance(item, Name)}
    direct = next((w for w in project.waits.direct(function) if w.site.node is call), None)
    if direct is not None:
        return _Asked(site, frozenset(names), (), direct) if _only_reads(direct) else None
    for target_function in project.calls.targets(call, function):
        below = project.waits.below(target_function, always=True)
        if below is not None and target_function.is_async and _only_reads(below[1]):
            return _Asked(site, frozenset(names), *below)
    return None


def _only_reads(wait: Wait) -> bool:
    """Whether a call changes nothing at the other side, so that order does not matter."""
    return wait.category == "llm" or wait.name.endswith(".get")


def _independent(project: Project, function: FunctionInfo, one: _Asked, other: _Asked) -> bool:
    if one.names & set(names_read(other.site.node)) or one.names & other.names:
        return False
    for step in (*one.steps, *other.steps):
        if _keeps(step.function) or project.sessions.direct(step.function):
            return False
        if is_limited(project.types, step.function, step.site):
            return False
    if is_limited(project.types, function, one.site):
        return False
    given = [a for site in (one.site, other.site) for a in _arguments(site)]
    return not any(project.sessions.serves_one_at_a_time(a, function) for a in given)


def _arguments(site: Site) -> list[Name | Attr]:
    assert isinstance(site.node, Call)
    values = [*site.node.args, *(k.value for k in site.node.keywords)]
    return [value for value in values if isinstance(value, (Name, Attr))]


def _keeps(function: FunctionInfo) -> bool:
    """Whether a function changes an object, which the next call may read."""
    return any(
        isinstance(statement, Assign) and any(not isinstance(t, (Name, Seq)) for t in statement.targets)
        for statement in function.statements
    )


def _finding(function: FunctionInfo, reach: Reach, one: _Asked, other: _Asked) -> Finding:
    steps = (Step(function, other.site), *other.steps)
    confidence, severity, why = weigh(reach, steps, "possible", "medium")
    return make(
        problem="sequential-awaits",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` waits for `{one.shown}` and only then starts `{other.shown}`, which needs nothing of it",
        module=function.module,
        owner=function.qualname,
        node=other.site.node,
        code=f"{function.module.text(one.site.node)}\n{function.module.text(other.site.node)}",
        routes=route_names(reach),
        call_path=path_of(reach, steps),
        evidence=(
            SourceEvidence(
                text=f"both wait for another server (`{one.wait.name}`, `{other.wait.name}`)"
                + (f"; but {why}" if why else ""),
                locations=(function.at(one.site.node), function.at(other.site.node)),
            ),
        ),
        impact=_IMPACT,
        fix_class="decide",
    )
