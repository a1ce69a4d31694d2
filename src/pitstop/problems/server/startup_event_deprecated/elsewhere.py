"""Whether handlers may be added to an app elsewhere than where they were found: those would be lost once it has a lifespan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.problems.lifespans import calls_of, module_of, refuse_strangers
from pitstop.problems.server.startup_event_deprecated.rule import HOLDERS, Registration
from pitstop.project.facts import Attr, Expr, string

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.routers import Router

_MERGES = (0, 112, 2)
"""The FastAPI from which on an app runs the lifespans of its routers beside its own, and with those their handlers."""
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
    for scope, call in calls_of(project, ("on_event", "add_event_handler")):
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
    refuse_strangers(project, router.identity)


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


def _place(scope: Scope, call: Expr) -> str:
    return f"{module_of(scope).path}:{call.line}"
