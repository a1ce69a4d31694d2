"""Who gets to read what a route answers: strangers, the one owner of a service, or nobody outside of a developer's machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr
    from pitstop.project.routers import Inclusion
    from pitstop.project.routes import Route

DEBUGGING = re.compile(r"debug|develop|is_dev|testing|is_local", re.IGNORECASE)
_REFUSES = re.compile(
    r"\b40[13]\b|_40[13]_|unauthorized|forbidden|raise \w*(?:auth|credential|denied)", re.IGNORECASE
)
_PERSON = "(?:Account|Customer|Member|Person|Principal|Tenant|User)"
_PEOPLE = re.compile(rf"_*{_PERSON}(?![a-z])|.*{_PERSON}s?(?:DB|Base|Model|Schema)?$")
"""Classes that begin or end with a person: `UserCreate`, `AdminUser`; not those of somebody else's protocol, `CodecOfAccountId`."""


def has_one_owner(project: Project, routes: Sequence[Route]) -> bool:
    """Whether something lets callers in and no class stands for people: a password that the owner set is all there is."""
    return (
        bool(routes)
        and all(any(_lets_in(project, function) for function in route.dependencies) for route in routes)
        and not any(_PEOPLE.match(info.name) for info in project.index.classes.values())
    )


def _lets_in(project: Project, function: FunctionInfo) -> bool:
    """Whether a dependency refuses somebody, itself or in what it calls."""
    asked = (function, *(edge.target for edge in project.calls.edges(function)))
    return any(_REFUSES.search(each.module.text(each.node)) for each in asked)


def is_for_developing(project: Project, routes: Sequence[Route]) -> bool:
    """Whether every router of these routes is included only where a condition speaks of debugging: `if is_local(): ...`."""
    included: dict[str, list[Inclusion]] = {}
    for router in project.routes.routers.values():
        for inclusion in router.included:
            included.setdefault(inclusion.child, []).append(inclusion)
    own = [included.get(route.router.identity, []) if route.router is not None else [] for route in routes]
    return bool(own) and all(ways and all(_is_guarded(way) for way in ways) for ways in own)


def _is_guarded(inclusion: Inclusion) -> bool:
    guards: tuple[Expr, ...] = next(
        (site.guards for site in inclusion.scope.sites if site.node is inclusion.node), ()
    )
    scope = inclusion.scope
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    return any(DEBUGGING.search(module.text(guard)) for guard in guards)
