"""Handlers of start-up and shutdown events, and those that never run because their app has a lifespan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make
from pitstop.project.facts import Attr, Call, Const, Expr, Name, string
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module
    from pitstop.project.routers import Router

HOLDERS = {"fastapi.FastAPI", "fastapi.APIRouter"}
_EVENTS = {"startup", "shutdown"}

Registration = tuple[str, "Scope", Call, str]
"""The app or router, where and by which call, and the event with its handler."""


def find(project: Project) -> list[Finding]:
    """One finding for each app or router, with its places."""
    return [finding for finding, _ in matches(project)]


def matches(project: Project) -> list[tuple[Finding, list[Registration]]]:
    """Each finding with what is registered on its app or router, in the order of the text."""
    if project.versions.before("fastapi", 0, 93):
        return []  # a lifespan would go unheard
    found: dict[str, list[Registration]] = {}
    for registration in _registrations(project):
        found.setdefault(registration[0], []).append(registration)
    return [(_finding(project.routes.routers.get(identity), each), each) for identity, each in found.items()]


def _registrations(project: Project) -> Iterator[Registration]:
    telling = {
        path
        for path, module in project.index.by_path.items()
        if module.says("on_event") or module.says("add_event_handler")
    }
    decorating = {
        id(d): f.name for f in project.functions if f.module.path in telling for d in f.node.decorators
    }
    scopes: list[Scope] = [project.index.by_path[path] for path in sorted(telling)]
    scopes += [f for f in project.functions if f.module.path in telling]
    for scope in scopes:
        for site in sorted(scope.sites, key=lambda site: site.node.at):
            call = site.node
            if not (isinstance(call, Call) and isinstance(call.func, Attr)):
                continue
            event = string(call.argument(0, "event_type"))
            if event not in _EVENTS or not _holds(project, call.func.value, scope):
                continue
            identity = project.routes.objects.identity(call.func.value, scope)
            if call.func.attr == "on_event" and id(call) in decorating:
                yield identity, scope, call, f"{event} {decorating[id(call)]}"
            elif call.func.attr == "add_event_handler":
                handler = call.argument(1, "func")
                name = _last(handler.func if isinstance(handler, Call) else handler) or "handler"
                yield identity, scope, call, f"{event} {name}"


def _last(expr: Expr | None) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _holds(project: Project, expr: Expr, scope: Scope) -> bool:
    found = project.types.type_of(expr, scope)
    return found.kind == "instance" and bool(
        HOLDERS & {found.name, *project.types.external_bases(found.name)}
    )


def has_lifespan(router: Router) -> bool:
    """Whether an app or router is given a lifespan: its handlers are not called then."""
    lifespan = router.call.keyword("lifespan") if router.call is not None else None
    return lifespan is not None and not isinstance(lifespan, Const)


def _finding(router: Router | None, registrations: list[Registration]) -> Finding:
    identity, scope, call, _ = registrations[0]
    handlers = tuple(dict.fromkeys(handler for *_, handler in registrations))
    dead = router is not None and has_lifespan(router)
    shown = ", ".join(f"`{handler.split()[1]}`" for handler in handlers[:4])
    one = len(handlers) == 1
    spelled = call.func.attr if isinstance(call.func, Attr) else "on_event"
    if dead:
        message = f"{shown} never {'runs' if one else 'run'}: the app has a lifespan, and then start-up and shutdown events are not called"
    else:
        message = f"{shown} {'hangs' if one else 'hang'} on `{spelled}`, which FastAPI deprecates in favour of a lifespan"
    finding = make(
        problem="startup-event-deprecated",
        domain="server",
        severity="high" if dead else "low",
        confidence="likely" if dead else "certain",
        message=message,
        module=_module(scope),
        owner=_owner(scope),
        node=call,
        identity=(identity, "on_event"),
        routes=handlers,
        evidence=(
            SourceEvidence(
                text=f"{len(registrations)} registered for start-up or shutdown"
                + ("; the same app is given a lifespan" if dead else ""),
                locations=tuple(_module(s).location(c, _owner(s)) for _, s, c, _ in registrations),
            ),
        ),
        fix_class="safe",
    )
    places = tuple(_module(s).location(c, _owner(s)) for _, s, c, _ in registrations[1:])
    return msgspec.structs.replace(finding, places=places)


def _module(scope: Scope) -> Module:
    return scope.module if isinstance(scope, FunctionInfo) else scope


def _owner(scope: Scope) -> str:
    return scope.qualname if isinstance(scope, FunctionInfo) else scope.name
