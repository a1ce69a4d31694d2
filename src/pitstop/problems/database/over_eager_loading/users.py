"""Relationships loaded along with the current user by a database of fastapi-users, for all routes that ask who calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.eager import Eager, eager
from pitstop.project.facts import Attr, Call, Expr, Name
from pitstop.project.model import FunctionInfo
from pitstop.project.routes import Route
from pitstop.project.statements import Assembled, Part

if TYPE_CHECKING:
    from pitstop.project import Project

_DATABASE = "SQLAlchemyUserDatabase"
_LOOK_UPS = {"_get_user", "get", "get_by_email"}
_EAGER = {"joinedload", "selectinload", "subqueryload", "immediateload"}


@dataclass(frozen=True, slots=True)
class WithUser:
    """An option on the statement that loads the current user, and the routes for which that runs."""

    option: Eager
    function: FunctionInfo
    routes: tuple[Route, ...]


def with_user(project: Project) -> Iterator[WithUser]:
    """Each option that a user database of the project adds to the look-up of the library."""
    options = list(_options(project))
    if not options:
        return
    asking = {function.qualname for function in project.functions if _asks_who_calls(project, function)}
    routes = tuple(
        route
        for route in project.routes.all
        if route.kind == "route"
        and asking & {route.function.qualname, *(d.qualname for d in route.dependencies)}
    )
    for option, function in options:
        yield WithUser(option, function, routes)


def _options(project: Project) -> Iterator[tuple[Eager, FunctionInfo]]:
    for info in project.index.classes.values():
        if _DATABASE not in info.module.source.text:
            continue
        if not any(base.endswith(f".{_DATABASE}") for base in project.types.external_bases(info.qualname)):
            continue
        for name in sorted(_LOOK_UPS & info.methods.keys()):
            method = info.methods[name]
            parts = tuple(
                Part("options", site.node, method)
                for site in method.calls
                if isinstance(site.node, Call)
                and isinstance(site.node.func, Attr)
                and site.node.func.attr == "options"
                and not site.conditional
            )
            for option in eager(project.types, Assembled(parts)):
                if option.loader in _EAGER:
                    yield option, method


def _asks_who_calls(project: Project, function: FunctionInfo) -> bool:
    """Whether a function depends on what `FastAPIUsers.current_user(...)` gives."""
    home = function.parent or function.module
    for parameter in function.node.parameters:
        given = [project.types.depends(parameter.default, home)]
        if parameter.annotation is not None:
            metadata = project.types.metadata(parameter.annotation, home)
            given += [project.types.depends(each, where) for each, where, _ in metadata]
        if any(provider is not None and _is_current_user(project, provider, function) for provider in given):
            return True
    return False


def _is_current_user(project: Project, provider: Expr, function: FunctionInfo) -> bool:
    if isinstance(provider, Name):
        found = project.index.member(function.module, provider.id)
        if found is None or found.how != "value" or found.value is None:
            return False
        provider = found.value
    return (
        isinstance(provider, Call)
        and isinstance(provider.func, Attr)
        and provider.func.attr == "current_user"
    )
