"""Routes that no request reaches: an earlier route of the same app answers for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING

from pitstop.project.assembled import Placed, comes_before, placed

if TYPE_CHECKING:
    from pitstop.project.inference import Scope
    from pitstop.project.routes import Route, Routes

_UNKNOWN = "{...}"


@dataclass(frozen=True, slots=True)
class Shadow:
    """A route for which, for one method, another answers."""

    method: str
    first: Placed
    second: Placed
    """The one that is never reached."""

    @property
    def in_one_router(self) -> bool:
        """Whether both are added to one router, so that no inclusion decides which is first."""
        return self.first.way[:-1] == self.second.way[:-1]


class Shadows:
    """What is shadowed, in the order in which the routers are put together."""

    def __init__(self, routes: Routes) -> None:
        self.all: list[Shadow] = []
        reached: set[str] = set()
        shadowed: set[str] = set()
        optional = _optional(routes)
        for app in routes.apps:
            by_method: dict[str, list[Placed]] = {}
            for each in placed(routes, app.identity):
                for method in each.route.methods:
                    by_method.setdefault(method, []).append(each)
            for method, every in by_method.items():
                for each, first in _tried(every):
                    if first is None or _by_choice(first, each, optional):
                        reached.add(each.route.function.qualname)
                    else:
                        shadowed.add(each.route.function.qualname)
                        self.all.append(Shadow(method, first, each))
        reached.update(
            route.function.qualname
            for route in routes.all
            if route.kind != "route" or route.router is None or route.decorator is None
        )
        self.unreached = frozenset(shadowed - reached)
        """The qualified names of the handlers of which no route is reached."""


def _tried(routes: Sequence[Placed]) -> Iterator[tuple[Placed, Placed | None]]:
    """Each route with the one that answers for it."""
    by_head: dict[tuple[str, ...], list[tuple[int, Placed]]] = {}
    known = [_UNKNOWN not in each.route.own and each.sample != "" for each in routes]
    for number, each in enumerate(routes):
        if known[number] and each.pattern is not None:
            by_head.setdefault(each.head, []).append((number, each))
    for each, is_known in zip(routes, known, strict=True):
        candidates = _candidates(by_head, each) if is_known else ()
        yield each, next((other for other in candidates if _shadows(other, each)), None)


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


def _optional(routes: Routes) -> set[str]:
    """The routers that are included in a branch, and those in them."""
    inner: dict[str, list[str]] = {}
    found: set[str] = set()
    for router in routes.routers.values():
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
    return any(site.node is each.route.decorator and site.conditional for site in scope_of(each.route).sites)


def scope_of(route: Route) -> Scope:
    """Where a route is added."""
    return route.scope or route.function.parent or route.function.module
