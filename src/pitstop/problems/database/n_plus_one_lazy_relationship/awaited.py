"""Relationships that a coroutine awaits on a branch (`self.awaitable_attrs.items`) and then reads plainly, branch or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Assign, Attr, Return, dotted
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Relationship
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project


def read_unawaited(project: Project) -> Iterator[Finding]:
    """One finding for each such read: where the branch was not taken, it loads in the middle of a coroutine, or raises."""
    for function in project.functions:
        if not function.is_async:
            continue
        awaited = _awaited(function)
        if not awaited or not all(_is_known(function, name) for name, _ in awaited):
            continue
        for site in function.sites:
            node = site.node
            if not isinstance(node, Attr) or site.conditional or site.rescue:
                continue
            before = awaited.get((dotted(node.value), node.attr))
            if before is None or not all(each.conditional for each in before):
                continue
            relation = _relation(project, function, node)
            last = max(each.node.line for each in before)
            if relation is not None and node.line > last and not _is_spared(function, node, before):
                found = _finding(project, function, site, relation, before[0])
                if found is not None:
                    yield found


def _awaited(function: FunctionInfo) -> dict[tuple[str, str], list[Site]]:
    """Reads through `awaitable_attrs`, by the name of the object and the relationship."""
    found: dict[tuple[str, str], list[Site]] = {}
    for site in function.sites:
        node = site.node
        if isinstance(node, Attr) and isinstance(node.value, Attr) and node.value.attr == "awaitable_attrs":
            name = dotted(node.value.value)
            if name:
                found.setdefault((name, node.attr), []).append(site)
    return found


def _is_known(function: FunctionInfo, name: str) -> bool:
    """Whether a name stands for one object all the time."""
    return len(function.bindings.get(name, ())) == 1 and "." not in name


def _relation(project: Project, function: FunctionInfo, node: Attr) -> Relationship | None:
    owner = project.types.type_of(node.value, function)
    if owner.kind != "instance" or owner.name not in project.models.all:
        return None
    return project.models.relationship(owner.name, node.attr)


def _is_spared(function: FunctionInfo, node: Attr, before: list[Site]) -> bool:
    """Whether the other branch ends the function before the read, or sets the relationship itself."""
    first = min(each.node.line for each in before)
    for statement in function.statements:
        if isinstance(statement, Return) and statement.line < node.line:
            return True
        if isinstance(statement, Assign) and any(
            isinstance(t, Attr) and t.attr == node.attr for t in statement.targets
        ):
            return True
    return any(
        isinstance(site.node, Attr)
        and site.node.attr in {"refresh", "get", "get_one"}
        and first <= site.node.line <= node.line
        for site in function.sites
    )


def _finding(
    project: Project, function: FunctionInfo, site: Site, relation: Relationship, before: Site
) -> Finding | None:
    reach = project.calls.reach(function, site)
    if reach is None:
        return None
    steps = (Step(function, site),)
    doubts = (
        [f'`lazy="{relation.lazy}"` loads it with the row, unless the row has expired since']
        if relation.lazy not in {"select", "True"}
        else []
    )
    confidence, severity, why = weigh(reach, steps, "likely", "medium", doubts=doubts)
    return make(
        problem="n-plus-one-lazy-relationship",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{relation.qualname}` is read without `await` also where it was not awaited before: "
        "it is loaded in the middle of a coroutine, or raises `MissingGreenlet`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        code=f"unawaited {relation.qualname}",
        routes=route_names(reach),
        call_path=path_of(reach, steps),
        evidence=(
            SourceEvidence(
                text="a branch decides whether `awaitable_attrs` loads it" + (f"; but {why}" if why else ""),
                locations=(function.at(before.node), function.at(site.node)),
            ),
        ),
        fix_class="decide",
    )
