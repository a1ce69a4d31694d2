"""Tasks that are started and kept by nobody, and coroutines that are made and never awaited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.facts import Call, ExprStatement
from pitstop.project.imports import is_test

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module
    from pitstop.project.sites import Site

_STARTS = {
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.tasks.create_task",
    "asyncio.tasks.ensure_future",
    "asyncio.get_event_loop().create_task",
    "asyncio.get_running_loop().create_task",
    "asyncio.AbstractEventLoop.create_task",
}
_ALLOWED = re.compile(r"#\s*noqa:.*\bRUF006\b")
"""Somebody was told by a linter, and says that it is meant."""


@dataclass(frozen=True, slots=True)
class Started:
    """A statement that does nothing but to start a task."""

    function: FunctionInfo
    site: Site


def find(project: Project) -> list[Finding]:
    """One finding for the tasks of each module, and one for each coroutine that nobody awaits."""
    return [
        *(_unkept(project, module, found) for module, found in started(project)),
        *_never_awaited(project),
    ]


def started(project: Project) -> Iterator[tuple[Module, list[Started]]]:
    """The tasks that nothing keeps, by module; for the fix as well."""
    found: dict[str, list[Started]] = {}
    for function, site in _statements(project):
        call = site.node
        assert isinstance(call, Call)
        if project.calls.external_name(call, function) in _STARTS and not _is_meant(function, call):
            found.setdefault(function.module.path, []).append(Started(function, site))
    for path in sorted(found):
        yield project.index.by_path[path], sorted(found[path], key=lambda each: each.site.node.at)


def _statements(project: Project) -> Iterator[tuple[FunctionInfo, Site]]:
    """The statements of what serves that are a call and nothing else."""
    for function in project.functions:
        module = function.module
        if is_test(module) or module.path in project.scripts:
            continue
        alone = {id(s.value) for s in function.statements if isinstance(s, ExprStatement)}
        for site in function.calls:
            if id(site.node) in alone:
                yield function, site


def _is_meant(function: FunctionInfo, call: Call) -> bool:
    """Whether a comment says so, or the object that could keep the task is going."""
    if function.name == "__del__":
        return True
    first, _, last, _ = call.span
    lines = function.module.source.text.splitlines()[first - 1 : last]
    return any(_ALLOWED.search(line) for line in lines)


def _unkept(project: Project, module: Module, found: list[Started]) -> Finding:
    first, *others = sorted(found, key=lambda each: project.calls.reach(each.function, each.site) is None)
    reaches = [
        (each, reach)
        for each in found
        if (reach := project.calls.reach(each.function, each.site)) is not None
    ]
    shown = module.text(first.site.node)
    more = f" ({len(others)} more in this file)" if others else ""
    finding = make(
        problem="task-without-owner",
        domain="async",
        severity="low",
        confidence="likely",
        message=f"`{first.function.name}` starts a task that nothing keeps: `{shown}`{more}",
        module=module,
        owner=first.function.qualname,
        node=first.site.node,
        identity=(f"tasks of {module.name}", "create_task"),
        routes=tuple(name for _, reach in reaches for name in route_names(reach)),
        call_path=path_of(reaches[0][1], (Step(first.function, first.site),)) if reaches else (),
        evidence=(
            SourceEvidence(
                text="an event loop has weak references to its tasks only: one that nothing else refers to may be collected before it is done "
                "(Python's documentation of `asyncio.create_task`)",
                locations=tuple(each.function.at(each.site.node) for each in found),
            ),
        ),
        fix_class="safe",
    )
    return msgspec.structs.replace(finding, places=tuple(each.function.at(each.site.node) for each in others))


def _never_awaited(project: Project) -> Iterator[Finding]:
    for function, site in _statements(project):
        target = _forgotten(project, function, site)
        if target is None:
            continue
        reach = project.calls.reach(function, site)
        yield make(
            problem="task-without-owner",
            domain="async",
            severity="high" if reach is not None else "medium",
            confidence="certain",
            message=f"`{function.name}` calls `{target.name}` and does not await it: what that does never happens",
            module=function.module,
            owner=function.qualname,
            node=site.node,
            routes=route_names(reach) if reach is not None else (),
            call_path=path_of(reach, (Step(function, site),)) if reach is not None else (),
            evidence=(
                SourceEvidence(
                    text=f"`async def {target.name}` makes a coroutine, which runs only if it is awaited",
                    locations=(function.at(site.node), target.location),
                ),
            ),
        )


def _forgotten(project: Project, function: FunctionInfo, site: Site) -> FunctionInfo | None:
    """The coroutine of the project that a statement calls and leaves, if it can be no other: of a method nobody knows which class has it."""
    call = site.node
    assert isinstance(call, Call)
    found = project.types.type_of(call.func, function)
    target = project.index.functions.get(found.name) if found.kind == "function" else None
    if target is None or not target.is_async or target.yields or target.node.decorators:
        return None
    return target if len(target.module.bindings.get(target.name, ())) == 1 else None
