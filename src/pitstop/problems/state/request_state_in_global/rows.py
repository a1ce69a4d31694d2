"""Rows of the database that are put into a variable of the module, and outlive their session there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.facts import Assign, Attr, Call, Dict, Expr, Name, Sub
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module

_KEEPS = {"dict", "OrderedDict", "defaultdict", "list", "set", "deque"} | {
    "TTLCache", "LRUCache", "LFUCache", "FIFOCache", "Cache", "ExpiringDict",
}  # fmt: skip
_ADDS = {"append", "add", "appendleft"}
_LETS_GO = {"expunge", "expunge_all", "make_transient", "make_transient_to_detached", "merge"}


def find(project: Project) -> Iterator[Finding]:
    """A finding for each place that keeps a row in a variable of the module."""
    kept = {module.path: names for module in project.index.by_path.values() if (names := _containers(module))}
    for function in project.functions:
        names = kept.get(function.module.path, set())
        if not names or _lets_go(function):
            continue
        for name, node, value in _puts(function, names):
            model = _row(project, value, function)
            if model:
                yield _finding(project, function, name, node, model)


def _containers(module: Module) -> set[str]:
    """The variables of a module that hold something to put things into."""
    found = set()
    for name, bindings in module.bindings.items():
        values = [b.value for b in bindings if b.how in {"value", "annotation"}]
        if any(isinstance(v, Dict) and not v.keys for v in values) or any(
            isinstance(v, Call) and _last(v) in _KEEPS for v in values
        ):
            found.add(name)
    return found


def _puts(function: FunctionInfo, names: set[str]) -> Iterator[tuple[str, Expr, Expr]]:
    for statement in function.statements:
        if isinstance(statement, Assign) and statement.value is not None:
            for target in statement.targets:
                if isinstance(target, Sub) and isinstance(target.value, Name) and target.value.id in names:
                    yield target.value.id, target, statement.value
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        if (
            isinstance(call.func, Attr)
            and call.func.attr in _ADDS
            and isinstance(call.func.value, Name)
            and call.func.value.id in names
            and call.args
        ):
            yield call.func.value.id, call, call.args[-1]


def _row(project: Project, value: Expr, function: FunctionInfo) -> str:
    """The model whose row, or rows, an expression gives; empty for anything else."""
    found = project.types.type_of(value, function)
    if found.kind == "instance" and found.name == "list" and found.args:
        found = found.args[0]
    return found.name if found.kind == "instance" and found.name in project.models.all else ""


def _lets_go(function: FunctionInfo) -> bool:
    return any(isinstance(s.node, Call) and _last(s.node) in _LETS_GO for s in function.calls)


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")


def _finding(project: Project, function: FunctionInfo, name: str, node: Expr, model: str) -> Finding:
    reach = project.calls.reach(function)
    shown = model.rpartition(".")[2]
    return make(
        problem="request-state-in-global",
        domain="state",
        severity="medium",
        confidence="possible",
        message=f"`{function.name}` keeps a `{shown}` row in the global `{name}`, where it outlives its session: what is read of it then "
        "is stale, or raises DetachedInstanceError",
        module=function.module,
        owner=function.qualname,
        node=node,
        identity=(function.module.name, f"rows in {name}"),
        routes=route_names(reach) if reach is not None else (),
        call_path=path_of(reach) if reach is not None else (),
        evidence=(
            SourceEvidence(
                text=f"`{name}` is a variable of the module; the row belongs to the session that loaded it",
                locations=(function.at(node),),
            ),
        ),
        fix_class="decide",
    )
