"""Apps that answer with lists and have no middleware that compresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make
from pitstop.project.facts import Const

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Type
    from pitstop.project.routers import Router
    from pitstop.project.routes import Route

_COMPRESSES = re.compile(r"gzip|compress|brotli|zstd|deflate", re.IGNORECASE)
_ENOUGH = 3
"""List routes below which an app is not said to serve lists."""
_SMALL = {"str", "int", "float", "bool", "bytes"}
IMPACT = Impact(
    text="a fraction of the bytes for each list, at some CPU: level 4 or zstd 3, not level 9",
    source="gzip 9 against gzip 4 against zstd 3 on 50 KB of JSON: 2.5 to 10 times less CPU for the same size or smaller; below 1 KB not"
    " worth it; pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each app that serves lists and neither compresses nor is mounted where it is done."""
    return list(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for app in uncompressed(project):
        below = _routers_of(project, app)
        lists = [
            route
            for route in project.routes.all
            if route.kind == "route"
            and "GET" in route.methods
            and route.router is not None
            and route.router.identity in below
            and _is_list(project, route)
        ]
        functions = {route.function.qualname: route for route in lists}
        if len(functions) >= _ENOUGH:
            yield _finding(app, list(functions.values()))


def uncompressed(project: Project) -> list[Router]:
    """The apps that nothing compresses for, as far as the source shows."""
    apps = [app for app in project.routes.apps if app.call is not None]
    compressing = {m.app for m in project.middleware.all if _COMPRESSES.search(m.name)}
    if compressing - {app.identity for app in apps}:
        # It is added to an app that cannot be told: it may be any of them.
        return []
    return [
        app
        for app in apps
        if app.identity not in compressing
        and not _is_below(project, app, compressing)
        and not _says_compress(app)
    ]


def _says_compress(app: Router) -> bool:
    """Whether the module that makes the app speaks of compression: by a decorator, a wrapper, an own class of response."""
    return _COMPRESSES.search(app.module.source.text) is not None


def _is_below(project: Project, app: Router, compressing: set[str], depth: int = 0) -> bool:
    parents = (
        router
        for router in project.routes.routers.values()
        if any(inclusion.child == app.identity for inclusion in router.included)
    )
    return depth < 5 and any(
        parent.identity in compressing or _is_below(project, parent, compressing, depth + 1)
        for parent in parents
    )


def _routers_of(project: Project, app: Router) -> set[str]:
    """The app and the routers that it includes, but for other apps mounted on it."""
    found: set[str] = set()
    todo = [app.identity]
    while todo:
        identity = todo.pop()
        router = project.routes.routers.get(identity)
        if router is None or identity in found or (router.is_app and router is not app):
            continue
        found.add(identity)
        todo.extend(inclusion.child for inclusion in router.included)
    return found


def _is_list(project: Project, route: Route) -> bool:
    """Whether a route declares, or returns, a list of objects, or a page with such a list."""
    function = route.function
    given = route.decorator.keyword("response_model") if route.decorator is not None else None
    declared = None if isinstance(given, Const) else given
    found = project.types.annotation(declared or function.node.returns, function.module)
    if not found and function.returns:
        found = project.types.type_of(function.returns[0], function)
    if _holds_objects(found):
        return True
    if route.path.endswith("}"):
        # One object, whatever lists it has inside.
        return False
    return any(
        _holds_objects(project.types.annotation(node.annotation, cls.module))
        for cls in project.types.mro(found.name)
        for node in cls.attributes.values()
        if node.annotation is not None
    )


def _holds_objects(found: Type) -> bool:
    inner = found.args[0] if found.name == "list" and found.args else None
    return inner is not None and bool(inner) and inner.name not in _SMALL


def _finding(app: Router, lists: list[Route]) -> Finding:
    assert app.call is not None
    some = ", ".join(f"`{route.name}`" for route in lists[:3])
    return make(
        problem="no-compression",
        domain="request-response",
        severity="medium",
        # A proxy in front of the service may do it: the source of the service cannot tell.
        confidence="possible",
        message=f"{len(lists)} routes of this app answer with lists ({some}, ...) and no middleware compresses them",
        module=app.module,
        owner=app.identity,
        node=app.call,
        code="",
        routes=tuple(route.name for route in lists),
        evidence=(
            SourceEvidence(
                text="no middleware of the app, nor of one that it is mounted on, compresses; a proxy in front of it may",
                locations=tuple(route.function.location for route in lists[:5]),
            ),
        ),
        impact=IMPACT,
        fix_class="decide",
    )
