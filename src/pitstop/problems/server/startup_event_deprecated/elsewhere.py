"""Whether handlers may be added to an app elsewhere than where they were found: those would be lost once it has a lifespan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.problems.server.startup_event_deprecated.rule import HOLDERS, Registration
from pitstop.project.facts import Attr, Call, Expr, Name, string
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module
    from pitstop.project.routers import Router

_MERGES = (0, 112, 2)
"""The FastAPI from which on an app runs the lifespans of its routers beside its own, and with those their handlers."""
_HARMLESS = {
    "fastapi",
    "gunicorn",
    "httpx",
    "hypercorn",
    "mangum",
    "opentelemetry",
    "prometheus_fastapi_instrumentator",
    "sentry_sdk",
    "starlette",
    "uvicorn",
}
"""Packages that add no handlers to an app that they are given, as read in their code."""
_DEEP = 4
_LISTS = re.compile(r"\bon_(?:startup|shutdown)\b")


def refuse_handlers_elsewhere(
    project: Project, router: Router, registrations: Sequence[Registration]
) -> None:
    """Raise PatchError where the app may have handlers besides these."""
    first = registrations[0][1]
    for _, scope, _, _ in registrations:
        if scope is not first or scope is not router.scope:
            raise PatchError("handlers are added in several places, and in which order is not said")
    own = {id(call) for _, _, call, _ in registrations}
    included = {each.identity for each in _below(project, router)}
    for scope, call in _calls(project, ("on_event", "add_event_handler")):
        method = call.func
        if (
            id(call) in own
            or not isinstance(method, Attr)
            or string(call.argument(0, "event_type")) not in {"startup", "shutdown"}
        ):
            continue
        found = project.types.type_of(method.value, scope)
        if found.kind == "instance" and not HOLDERS & {found.name, *project.types.external_bases(found.name)}:
            continue
        identity = project.routes.objects.identity(method.value, scope)
        other = project.routes.routers.get(identity)
        if identity in included:
            raise PatchError(
                f"a router of the app has handlers of its own ({_place(scope, call)}), which run before those of the app now and would run after them"
            )
        if other is None or other.call is None or other is router:
            raise PatchError(f"handlers are added in {_place(scope, call)}, too")
    for module in project.index.by_path.values():
        if _LISTS.search(module.source.text):
            raise PatchError(f"{module.path} uses the list of handlers itself")
    _refuse_strangers(project, router.identity)


def _below(project: Project, router: Router) -> list[Router]:
    """The routers that an app includes, also through others. Raises PatchError where one is not known."""
    found: list[Router] = []
    todo = [router]
    while todo:
        for inclusion in todo.pop().included:
            child = project.routes.routers.get(inclusion.child)
            if child is None and project.versions.before("fastapi", *_MERGES):
                raise PatchError(
                    "the app includes a router that is not the project's own, whose handlers would be lost"
                )
            if child is not None and child not in found:
                found.append(child)
                todo.append(child)
    return found


def _refuse_strangers(project: Project, identity: str, depth: int = 0) -> None:
    """Raise where the app is handed to a function that may add handlers to it: one of another package, as a rule."""
    for scope, call in _calls(project):
        given = [
            *((place, "", value) for place, value in enumerate(call.args)),
            *((-1, keyword.name, keyword.value) for keyword in call.keywords),
        ]
        for place, keyword, value in given:
            if (
                not isinstance(value, Name | Attr)
                or project.routes.objects.identity(value, scope) != identity
            ):
                continue
            called = project.types.type_of(call.func, scope)
            function = project.index.functions.get(called.name) if called.kind == "function" else None
            if function is not None and depth < _DEEP:
                names = [p.name for p in function.node.parameters]
                taken = keyword or (names[place] if place < len(names) else "")
                _refuse_strangers(project, f"{function.qualname}:{taken}", depth + 1)
            elif called.name.partition(".")[0] not in {*_HARMLESS, "builtins"}:
                raise PatchError(
                    f"the app is handed to `{_module(scope).text(call.func)}`, which may add handlers of its own"
                )


def _calls(project: Project, words: Sequence[str] = ("",)) -> Iterator[tuple[Scope, Call]]:
    """The calls in files that say one of some words."""
    telling = {
        path for path, module in project.index.by_path.items() if any(module.says(word) for word in words)
    }
    scopes: list[Scope] = [project.index.by_path[path] for path in sorted(telling)]
    scopes += [function for function in project.functions if function.module.path in telling]
    for scope in scopes:
        for site in scope.sites:
            if isinstance(site.node, Call):
                yield scope, site.node


def _module(scope: Scope) -> Module:
    return scope.module if isinstance(scope, FunctionInfo) else scope


def _place(scope: Scope, call: Expr) -> str:
    return f"{_module(scope).path}:{call.line}"
