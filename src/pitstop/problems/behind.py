"""The routes behind the middleware of an app."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitstop.project import Project

_TIMED = 12


def lightest(project: Project, apps: set[str]) -> list[str]:
    """The routes behind the middleware that call least: on them what it costs is seen best. All that read, where they are few."""
    below: set[str] = set()
    todo = list(apps)
    while todo:
        router = project.routes.routers.get(todo.pop())
        if router is not None and router.identity not in below:
            below.add(router.identity)
            todo.extend(inclusion.child for inclusion in router.included)
    calls: Counter[str] = Counter()
    for reach in project.calls.reached.values():
        calls.update(route.name for route in reach.routes)
    routes = [
        route.name
        for route in project.routes.all
        if route.kind == "route"
        and "GET" in route.methods
        and route.router is not None
        and route.router.identity in below
    ]
    return sorted(dict.fromkeys(routes), key=lambda name: calls[name])[:_TIMED]
