"""What makes a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.project.facts import Call, Expr, Name
from pitstop.project.model import FunctionInfo, Module

if TYPE_CHECKING:
    from pitstop.project import Project

_MAKERS = {"sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker"}
_SESSIONS = {"sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession"}


def makes(project: Project, call: Call, scope: FunctionInfo | Module, depth: int = 0) -> str:
    """How a call makes a session: `opens the session`, `takes the session out of its dependency`; else empty."""
    types = project.types
    if (
        isinstance(call.func, Name)
        and call.func.id == "next"
        and len(call.args) == 1
        and isinstance(scope, FunctionInfo)
    ):
        inner = call.args[0]
        targets = project.calls.targets(inner, scope) if isinstance(inner, Call) else ()
        for target in targets:
            given = [y.value for y in target.yields if y.value is not None]
            if given and not target.is_async and all(is_session(project, value, target) for value in given):
                return "takes out of its dependency the session"
        return ""
    made_by = types.type_of(call.func, scope)
    if made_by.kind == "instance" and made_by.name in _MAKERS:
        return "opens the session"
    if (
        made_by.kind in {"class", "external"}
        and {made_by.name, *types.external_bases(made_by.name)} & _SESSIONS
    ):
        return "opens the session"
    found = project.index.functions.get(made_by.name) if made_by.kind == "function" and depth < 2 else None
    if found is None or found.yields or found.node.decorators or not found.returns:
        return ""
    is_new = all(is_made(project, value, found, depth + 1) for value in found.returns)
    return "opens the session" if is_new else ""


def is_made(project: Project, value: Expr, function: FunctionInfo, depth: int) -> bool:
    """Whether what a function returns is a session that it has just made."""
    if isinstance(value, Call):
        return bool(makes(project, value, function, depth))
    if not isinstance(value, Name):
        return False
    bound = function.bindings.get(value.id, ())
    return bool(bound) and all(
        b.how == "value" and isinstance(b.value, Call) and bool(makes(project, b.value, function, depth))
        for b in bound
    )


def is_session(project: Project, value: Expr, function: FunctionInfo) -> bool:
    types = project.types
    found = types.type_of(value, function)
    return found.kind == "instance" and bool({found.name, *types.external_bases(found.name)} & _SESSIONS)
