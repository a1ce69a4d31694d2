"""What a change does to routes otherwise than their siblings do, or than they did before: questions and decisions, not findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.problems.auth.route_without_auth.guards import Guards
from pitstop.project.facts import Call, Const, dotted
from pitstop.project.imports import is_test
from pitstop.project.model import FunctionInfo
from pitstop.reviews import Decision, Question

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module
    from pitstop.project.routes import Route

_LEAST = 3
"""Siblings that do alike: below this it may be chance."""


def questions(old: Project, new: Project) -> Iterator[Question]:
    """What routes that are new do not have though each of their siblings has it, and which routes ask no longer who is calling."""
    before, after = _routes(old), _routes(new)
    guards = Guards(new)
    yield from _unguarded(old, new, guards)
    by_router: dict[str, list[Route]] = {}
    for route in after.values():
        if route.router is not None:
            by_router.setdefault(route.router.identity, []).append(route)
    for name, route in after.items():
        if name in before or route.router is None or not route.mounted:
            continue
        siblings = [
            each
            for each in by_router[route.router.identity]
            if each.name in before and each.function is not route.function
        ]
        yield from _unlike(route, siblings, guards)


def _unguarded(old: Project, new: Project, guards: Guards) -> Iterator[Question]:
    """Routes that ask no longer who is calling, or that another dependency asks for now."""
    before, earlier = _routes(old), Guards(old)
    there = {function.name for function in new.functions}
    otherwise: dict[tuple[str, str], list[Route]] = {}
    for name, route in _routes(new).items():
        had = before.get(name)
        if had is None or not earlier.required(had):
            continue
        if not guards.required(route):
            yield _question(
                route, f"{name} asked who is calling and does so no longer. Is it for anybody now?"
            )
            continue
        then, now = earlier.asking(had), guards.asking(route)
        # One that is gone from the code was replaced everywhere, or has another name.
        gone = sorted((then - now) & there)
        if gone and now and not _names(route, gone):
            otherwise.setdefault((_listed(gone), _listed(now - then or now)), []).append(route)
    for (gone_names, now_names), routes in otherwise.items():
        more = f" and {len(routes) - 1} more routes" if len(routes) > 2 else f" and {routes[-1].name}"
        which = routes[0].name + (more if len(routes) > 1 else "")
        yield _question(
            routes[0], f"{which} asked {gone_names} who is calling, and now {now_names}. Is that meant?"
        )


def _names(route: Route, names: Iterable[str]) -> bool:
    """Whether the handler itself speaks of one of them."""
    text = route.function.module.text(route.function.node)
    return any(re.search(rf"\b{name}\b", text) for name in names)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _unlike(route: Route, siblings: list[Route], guards: Guards) -> Iterator[Question]:
    name = route.name
    if len(siblings) >= _LEAST:
        if not guards.required(route) and all(guards.required(each) for each in siblings):
            yield _question(
                route,
                f"All {len(siblings)} other routes of its router ask who is calling, and {name} does not. Is it for anybody?",
            )
        if not _described(route) and all(_described(each) for each in siblings):
            yield _question(
                route,
                f"All {len(siblings)} other routes of its router say what they answer with, and {name} does not. What is its response model?",
            )
    alike = [each for each in siblings if set(each.methods) == set(route.methods)]
    codes = {_status(each) for each in alike}
    if len(alike) >= _LEAST and len(codes) == 1 and _status(route) not in codes:
        (code,) = codes
        yield _question(
            route,
            f"All {len(alike)} other {route.methods[0]} routes of its router answer with {code or 200}, and {name} with {_status(route) or 200}. Is that meant?",
        )


def _question(route: Route, text: str) -> Question:
    place = route.function.location
    return Question(text=text, path=place.path, line=place.line, route=route.name)


def _described(route: Route) -> bool:
    call = route.decorator
    if call is not None and any(
        call.keyword(name) is not None for name in ("response_model", "response_class")
    ):
        return True
    return route.function.node.returns is not None


def _status(route: Route) -> str:
    value = route.decorator.keyword("status_code") if route.decorator is not None else None
    if value is None:
        return ""
    if isinstance(value, Const):
        return str(value.value)
    text = _module(route.scope or route.function).text(value)
    return "".join(filter(str.isdigit, text)) or text


def _module(scope: Scope) -> Module:
    return scope.module if isinstance(scope, FunctionInfo) else scope


def _routes(project: Project) -> dict[str, Route]:
    return {route.name: route for route in project.routes.all if route.kind == "route"}


def decisions(old: Project, new: Project) -> Iterator[Decision]:
    """Middleware and handlers of exceptions that came or went: they are there for every route."""
    before, after = _middleware(old), _middleware(new)
    for name in sorted(after.keys() - before.keys()):
        path, line = after[name]
        yield Decision(kind="middleware", text=f"`{name}` runs for every request now", path=path, line=line)
    for name in sorted(before.keys() - after.keys()):
        yield Decision(kind="middleware", text=f"`{name}` runs for no request any more")
    handled, now = _handlers(old), _handlers(new)
    for name in sorted(now.keys() - handled.keys()):
        place = now[name].function.location
        yield Decision(
            kind="error handling",
            text=f"`{name}` answers for exceptions of all routes now",
            path=place.path,
            line=place.line,
        )
    for name in sorted(handled.keys() - now.keys()):
        if not _went_along(old, new, handled[name].decorator):
            yield Decision(kind="error handling", text=f"`{name}` answers for exceptions no more")


def _went_along(old: Project, new: Project, handler: Call | None) -> bool:
    """Whether a handler went with the service's own exception that it was registered for, which nothing can raise any more."""
    expr = handler.argument(0, "exc_class_or_status_code") if handler is not None else None
    name = dotted(expr).rpartition(".")[2] if expr is not None else ""
    return any(cls.name == name for cls in old.index.classes.values()) and not any(
        re.search(rf"\b{name}\b", module.source.text) for module in new.index.by_path.values()
    )


def _middleware(project: Project) -> dict[str, tuple[str, int]]:
    found = {}
    for each in project.middleware.all:
        module = _module(each.scope)
        if not is_test(module):
            found[each.name.rpartition(".")[2]] = (module.path, each.node.line)
    return found


def _handlers(project: Project) -> dict[str, Route]:
    return {
        route.function.name: route
        for route in project.routes.all
        if route.kind == "handler" and not is_test(route.function.module)
    }
