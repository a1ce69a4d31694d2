"""Routes that an earlier route of the same app answers for, in the order in which the routers are put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.model import FunctionInfo
from pitstop.project.shadowing import Shadow, scope_of

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.routes import Route


def find(project: Project) -> list[Finding]:
    """One finding for each route that no request can reach."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for shadow in project.shadows.all:
        yield _finding(shadow)


def _place(route: Route) -> Location:
    """Where a route is added."""
    assert route.decorator is not None
    scope = scope_of(route)
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    return module.location(route.decorator, route.function.qualname)


def _finding(shadow: Shadow) -> Finding:
    method, first, second = shadow.method, shadow.first, shadow.second
    function = second.route.function
    assert second.route.decorator is not None
    scope = scope_of(second.route)
    shown, earlier = f"{method} {second.path or '/'}", f"{method} {first.path or '/'}"
    if first.path == second.path:
        message = f"`{shown}` of `{function.name}` is never reached: `{first.route.function.name}` has the same path and stands before it"
    else:
        message = f"`{shown}` is never reached: `{earlier}` stands before it and answers for it, with `{first.route.function.name}`"
    return make(
        problem="shadowed-route",
        domain="api-design",
        severity="high",
        confidence="certain" if shadow.in_one_router else "likely",
        message=message,
        module=scope.module if isinstance(scope, FunctionInfo) else scope,
        owner=function.qualname,
        node=second.route.decorator,
        routes=(second.route.name,),
        evidence=(
            SourceEvidence(
                text="routes are tried in the order in which they are added; the first that matches answers",
                locations=(_place(first.route), _place(second.route)),
            ),
        ),
        fix_class="decide",
    )
