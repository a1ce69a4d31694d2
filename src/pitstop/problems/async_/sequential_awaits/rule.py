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
class Asked:
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
    for function, row in _rows(project):
        for one, other in pairwise(row):
            finding = _told(project, function, one, other)
            if finding is not None:
                yield finding


def together(project: Project, finding: Finding) -> tuple[FunctionInfo, tuple[Asked, ...]] | None:
    """The neighbours that a finding's two waits stand among, none of which needs any other, and their function."""
    for function, row in _rows(project):
        for place, (one, other) in enumerate(pairwise(row)):
            told = _told(project, function, one, other)
            if told is None or told.id != finding.id:
                continue
            chosen = [one, other]
            for each in reversed(row[:place]):
                if not all(_independent(project, function, each, after) for after in chosen):
                    break
                chosen.insert(0, each)
            for each in row[place + 2 :]:
                if not all(_independent(project, function, before, each) for before in chosen):
                    break
                chosen.append(each)
            return function, tuple(chosen)
    return None


def _rows(project: Project) -> Iterator[tuple[FunctionInfo, list[Asked]]]:
    """The statements of each block that wait for another server and have nothing between them."""
    for function in project.functions:
        if not function.is_async or project.calls.reach(function) is None:
            continue
        sites = {id(site.node): site for site in function.calls if site.awaited}
        for body in _bodies(function.node.body):
            row: list[Asked] = []
            for statement in body:
                asked = _asked(project, function, statement, sites)
                if asked is not None:
                    row.append(asked)
                    continue
                yield function, row
                row = []
            yield function, row


def _told(project: Project, function: FunctionInfo, one: Asked, other: Asked) -> Finding | None:
    reach = project.calls.reach(function, other.site) if _independent(project, function, one, other) else None
    return _finding(function, reach, one, other) if reach is not None else None


def _bodies(body: tuple[Statement, ...]) -> Iterator[tuple[Statement, ...]]:
    yield body
    for statement in walk(body):
        yield from blocks(statement)


def _asked(
    project: Project, function: FunctionInfo, statement: Statement, sites: dict[int, Site]
) -> Asked | None:
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
        return Asked(site, frozenset(names), (), direct) if _only_reads(direct) else None
    for target_function in project.calls.targets(call, function):
        below = project.waits.below(target_function, always=True)
        if below is not None and target_function.is_async and _only_reads(below[1]):
            return Asked(site, frozenset(names), *below)
    return None


def _only_reads(wait: Wait) -> bool:
    """Whether a call changes nothing at the other side, so that order does not matter."""
    return wait.category == "llm" or wait.name.endswith(".get")


def _independent(project: Project, function: FunctionInfo, one: Asked, other: Asked) -> bool:
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


def _finding(function: FunctionInfo, reach: Reach, one: Asked, other: Asked) -> Finding:
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
        fix_class="proved",
    )
