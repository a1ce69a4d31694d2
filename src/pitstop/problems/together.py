"""What keeps calls that were made one after the other from being made at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.project.facts import Assign, Attr, Aug, Call, Expr, Name, Other, Sub, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_READS = {"get", "head", "options"}
"""Methods of HTTP that by its specification change nothing: RFC 9110, 9.2.1."""
_CHANGES = {
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "setdefault",
    "update",
}


def refuse_together(project: Project, function: FunctionInfo, calls: Iterable[Call]) -> None:
    """Raise PatchError where calls of a function may meet each other's effects if they run at the same time."""
    given = list(calls)
    for site in function.calls:
        if any(site.node is call for call in given):
            _refuse_site(project, function, site)
    for below in _below(project, function, given):
        _refuse_session(project, below)
        _refuse_changes(project, below)
        for site in below.calls:
            _refuse_site(project, below, site)


def _below(project: Project, function: FunctionInfo, calls: list[Call]) -> Iterator[FunctionInfo]:
    """The project's functions that the calls run, however deep."""
    todo = [target for call in calls for target in project.calls.targets(call, function)]
    seen: set[str] = set()
    while todo:
        current = todo.pop()
        if current.qualname in seen:
            continue
        seen.add(current.qualname)
        yield current
        todo += [e.target for e in project.calls.edges(current) if e.kind not in {"defer", "reference"}]


def _refuse_site(project: Project, function: FunctionInfo, site: Site) -> None:
    call = site.node
    assert isinstance(call, Call)
    name = dotted(call.func)
    sink = next((s for s in project.calls.sinks(function) if s.site is site), None)
    if sink is not None and sink.known.category == "database":
        raise PatchError(f"`{name}` in `{function.name}` goes to the database, which serves one at a time")
    if sink is not None and sink.known.category == "http" and sink.known.kind in {"waits", "blocks"}:
        method = name.rpartition(".")[2]
        if method not in _READS:
            raise PatchError(
                f"`{name}` in `{function.name}` may change something at the other side, where order may matter"
            )
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if any(project.sessions.serves_one_at_a_time(each, function) for each in given):
        raise PatchError(f"`{name}` is handed a database session, which serves one at a time")
    if isinstance(call.func, Attr) and call.func.attr in {"set", "reset"}:
        owner = project.types.type_of(call.func.value, function).name
        if owner.startswith("contextvars.ContextVar"):
            raise PatchError(
                f"`{function.name}` sets a context variable, which a task of its own would keep to itself"
            )


def _refuse_session(project: Project, function: FunctionInfo) -> None:
    if project.sessions.direct(function):
        raise PatchError(f"`{function.name}` uses a database session, which serves one at a time")


def _refuse_changes(project: Project, function: FunctionInfo) -> None:
    """Raise PatchError where a function changes what others may see: the module's, an object's, or what it was handed."""
    for statement in function.statements:
        if isinstance(statement, Other) and statement.kind in {"Global", "Nonlocal"}:
            raise PatchError(f"`{function.name}` changes `{statement.kind.lower()}` names")
        targets: tuple[Expr, ...] = ()
        if isinstance(statement, Assign):
            targets = statement.targets
        elif isinstance(statement, Aug):
            targets = (statement.target,)
        for target in targets:
            if isinstance(target, Attr | Sub) and _is_shared(function, target.value):
                raise _changed(function, target.value)
    for site in function.calls:
        func = site.node.func if isinstance(site.node, Call) else None
        if isinstance(func, Attr) and func.attr in _CHANGES and _is_shared(function, func.value):
            owner = project.types.type_of(func.value, function)
            if owner.kind != "external":
                raise _changed(function, func.value)


def _changed(function: FunctionInfo, changed: Expr) -> PatchError:
    return PatchError(f"`{function.name}` changes `{dotted(changed)}`, which the other calls may read")


def _is_shared(function: FunctionInfo, expr: Expr) -> bool:
    """Whether something is not the function's own: a parameter's, an object's or the module's. A new object's is."""
    while isinstance(expr, Attr | Sub):
        expr = expr.value
    if not isinstance(expr, Name) or function.name == "__init__":
        return False
    bound = function.bindings.get(expr.id, ())
    return not bound or any(binding.how == "parameter" for binding in bound)
