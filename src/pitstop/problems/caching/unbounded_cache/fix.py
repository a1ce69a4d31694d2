"""Gives a cache of a function's results a bound."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.editing import node_at, open_source, without_dead_import
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_BOUND = "10_000"
_ALIVE = re.compile(
    r"Client|Condition|Connection|Engine|Event|Executor|Limiter|Lock|Pool|Queue|Semaphore|Session|sessionmaker|Thread"
)
"""What is shared by being the same object, or has to be closed: it must not be forgotten and made again."""


def propose(finding: Finding, project: Project) -> Patch:
    """The decorator with a bound. Raises PatchError."""
    function = project.index.functions.get(finding.location.symbol)
    source = open_source(project, finding.location.path)
    if function is None or finding.places:
        raise PatchError(
            "a dictionary forgets nothing by itself",
            "Put a mapping with a bound in its place, as `cachetools.TTLCache(maxsize=..., ttl=...)`, under a lock where threads share it.",
        )
    _refuse(project, function)
    decorator = node_at(source, (ast.Name, ast.Attribute, ast.Call), finding.location)
    return make_patch(
        finding,
        f"Remember at most {_BOUND} results of {function.name}",
        (_bounded(source, decorator),),
        (),
        risk="What was not asked for longest is worked out again once there are more. Where each result is large, the bound should be smaller.",
        validate="Send more different values than that: `cache_info().currsize` stays at the bound.",
        rollback="pitstop undo",
    )


def _refuse(project: Project, function: FunctionInfo) -> None:
    """Raise PatchError where two callers with the same arguments need the same object."""
    told = [project.types.type_of(value, function).name for value in function.returns]
    if function.node.returns is not None:
        told.append(project.types.annotation(function.node.returns, function.module).name)
    for name in told:
        if _ALIVE.search(name.removesuffix("()").rpartition(".")[2]):
            raise PatchError(f"each `{name}` is shared by being the same object: it cannot be made again")


def _bounded(source: Source, decorator: ast.expr) -> FileChange:
    if isinstance(decorator, ast.Call):
        given = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "maxsize")]
        (size,) = given
        return settle(source, [source.edit(source.start(size), source.end(size), _BOUND)])
    edits: list[Edit] = []
    if isinstance(decorator, ast.Attribute):
        name = f"{source.segment(decorator.value)}.lru_cache"
    else:
        imports, name = ensure_import(source, "functools", "lru_cache")
        edits += imports
    edits.append(source.edit(source.start(decorator), source.end(decorator), f"{name}(maxsize={_BOUND})"))
    dead = decorator.id if isinstance(decorator, ast.Name) else ""
    change = settle(source, edits)
    return without_dead_import(change, dead) if dead else change
