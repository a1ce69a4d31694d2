"""The coroutine that the project has beside a function which blocks: `load_async` of `load`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import await_instead
from pitstop.problems.editing import written_name
from pitstop.project.calls import Step
from pitstop.project.facts import Call
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.data import Location
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_NAMES = ("{}_async", "a{}", "async_{}")


def await_twin(project: Project, source: Source, call: ast.Call, location: Location) -> list[Edit] | None:
    """The call with the twin awaited in its place; None unless all that it may run have one that blocks nobody.

    Raises PatchError where an await cannot stand.
    """
    function = project.index.functions.get(location.symbol)
    site = next((s for s in function.calls if function.at(s.node) == location), None) if function else None
    if function is None or site is None:
        return None
    name = _twin_name(project, function, site)
    if not name:
        return None
    if isinstance(call.func, ast.Attribute):
        return await_instead(source, call, f"{source.segment(call.func.value)}.{name}")
    if not isinstance(call.func, ast.Name):
        return None
    assert isinstance(site.node, Call)
    (target,) = project.calls.targets(site.node, function)
    if target.module is function.module:
        return await_instead(source, call, name)
    imports, local = ensure_import(source, written_name(project, target.module), name, at=call)
    return [*imports, *await_instead(source, call, local)]


def _twin_name(project: Project, function: FunctionInfo, site: Site) -> str:
    """What the coroutines beside all functions that a call may run are called; empty where one has none."""
    assert isinstance(site.node, Call)
    targets = project.calls.targets(site.node, function)
    if not targets:
        return ""
    for pattern in _NAMES:
        name = pattern.format(targets[0].name)
        twins = [_beside(project, target, name) for target in targets]
        if all(
            twin is not None and twin is not function and _is_like(target, twin) and _is_free(project, twin)
            for target, twin in zip(targets, twins, strict=True)
        ):
            return name
    return ""


def _beside(project: Project, target: FunctionInfo, name: str) -> FunctionInfo | None:
    if target.owner is not None:
        return target.owner.methods.get(name)
    if target.parent is not None:
        return None
    return project.index.functions.get(f"{target.module.name}.{name}")


def _is_like(target: FunctionInfo, twin: FunctionInfo) -> bool:
    """Whether a coroutine takes and gives what a function does, by what both say."""
    if not twin.is_async or twin.yields or target.yields:
        return False
    texts = [
        [
            (
                p.name,
                p.kind,
                *(each.module.text(e) if e is not None else "" for e in (p.annotation, p.default)),
            )
            for p in each.node.parameters
        ]
        for each in (target, twin)
    ]
    gives = [each.module.text(each.node.returns) if each.node.returns else "" for each in (target, twin)]
    decorated = [
        sorted(each.module.text(decorator) for decorator in each.node.decorators) for each in (target, twin)
    ]
    return texts[0] == texts[1] and gives[0] == gives[1] and decorated[0] == decorated[1]


def _is_free(project: Project, twin: FunctionInfo) -> bool:
    """Whether nothing below a coroutine blocks in turn."""
    if project.blocking.direct(twin):
        return False
    return all(
        edge.target.is_async or project.blocking.below(edge.target, Step(twin, edge.site)) is None
        for edge in project.calls.edges(twin)
    )
