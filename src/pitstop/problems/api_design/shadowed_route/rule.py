"""Routes that an earlier route of the same app answers for, in the order in which the routers are put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location, SourceEvidence
from pitstop.problems.assembled import Placed, comes_before, placed
from pitstop.problems.findings import make, merge_places
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.routes import Route

_UNKNOWN = "{...}"


def find(project: Project) -> list[Finding]:
    """One finding for each route that no request can reach."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    optional = _optional(project)
    for app in project.routes.apps:
        by_method: dict[str, list[Placed]] = {}
        for each in placed(project, app.identity):
            if _UNKNOWN in each.route.own or not each.sample:
                continue
            for method in each.route.methods:
                by_method.setdefault(method, []).append(each)
        for method, routes in by_method.items():
            by_head: dict[tuple[str, ...], list[tuple[int, Placed]]] = {}
            for number, each in enumerate(routes):
                if each.pattern is not None:
                    by_head.setdefault(each.head, []).append((number, each))
            for each in routes:
                first = next((other for other in _candidates(by_head, each) if _shadows(other, each)), None)
                if first is not None and not _by_choice(first, each, optional):
                    yield _finding(method, first, each)


def _candidates(
    by_head: Mapping[tuple[str, ...], Sequence[tuple[int, Placed]]], each: Placed
) -> Iterator[Placed]:
    """The routes that may match a request for this one, in their order; all others begin otherwise."""
    parts = each.sample.split("/")
    heads = (by_head.get(tuple(parts[:end]), ()) for end in range(len(parts) + 1))
    for _, other in merge(*heads, key=itemgetter(0)):
        yield other


def _shadows(first: Placed, second: Placed) -> bool:
    """Whether every request for the second path goes to the first."""
    if first.route.function is second.route.function or first.pattern is None:
        return False
    if _UNKNOWN in first.path + second.path and first.way[:-1] != second.way[:-1]:
        # Prefixes that are not known may differ.
        return False
    return first.pattern.fullmatch(second.sample) is not None and comes_before(first, second)


def _by_choice(first: Placed, second: Placed, optional: set[str]) -> bool:
    """Whether a branch decides if one of them is there: around the route itself, or around a router that it is of."""
    routers = (each.route.router.identity for each in (first, second) if each.route.router is not None)
    return any(_is_conditional(each) for each in (first, second)) or any(r in optional for r in routers)


def _optional(project: Project) -> set[str]:
    """The routers that are included in a branch, and those in them."""
    inner: dict[str, list[str]] = {}
    found: set[str] = set()
    for router in project.routes.routers.values():
        for inclusion in router.included:
            inner.setdefault(router.identity, []).append(inclusion.child)
            if any(s.node is inclusion.node and s.conditional for s in inclusion.scope.sites):
                found.add(inclusion.child)
    todo = list(found)
    while todo:
        more = [child for child in inner.get(todo.pop(), ()) if child not in found]
        found.update(more)
        todo += more
    return found


def _is_conditional(each: Placed) -> bool:
    return any(site.node is each.route.decorator and site.conditional for site in _scope(each.route).sites)


def _scope(route: Route) -> Scope:
    return route.scope or route.function.parent or route.function.module


def _place(route: Route) -> Location:
    """Where a route is added."""
    assert route.decorator is not None
    scope = _scope(route)
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    return module.location(route.decorator, route.function.qualname)


def _finding(method: str, first: Placed, second: Placed) -> Finding:
    function = second.route.function
    assert second.route.decorator is not None
    scope = _scope(second.route)
    shown, earlier = f"{method} {second.path or '/'}", f"{method} {first.path or '/'}"
    one_router = first.way[:-1] == second.way[:-1]
    if first.path == second.path:
        message = f"`{shown}` of `{function.name}` is never reached: `{first.route.function.name}` has the same path and stands before it"
    else:
        message = f"`{shown}` is never reached: `{earlier}` stands before it and answers for it, with `{first.route.function.name}`"
    return make(
        problem="shadowed-route",
        domain="api-design",
        severity="high",
        confidence="certain" if one_router else "likely",
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
