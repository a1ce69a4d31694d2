"""The routes of an app in the order in which they are tried, as far as the text tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project.inference import Scope
    from pitstop.project.routes import Route, Routes

_DEPTH = 8
_PARAMETER = re.compile(r"\{([^{}:]+)(?::([a-z]+))?\}")
_MATCHES = {
    "": r"[^/]+",
    "str": r"[^/]+",
    "path": r".*",
    "int": r"[0-9]+",
    "float": r"[0-9]+(\.[0-9]+)?",
    "uuid": r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
}
"""What the converters of Starlette match."""
_SAMPLES = {
    "": "\ue000",
    "str": "\ue000",
    "path": "\ue000/\ue001",
    "int": "7",
    "float": "1.5",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
"""Something that only a parameter which matches anything of the kind can match."""

Step = tuple[str, int]
"""Where a route or an inclusion is written: the scope, and the place in it."""


@dataclass(frozen=True)
class Placed:
    """A route under its full path, and the way down to it through inclusions."""

    route: Route
    path: str
    way: tuple[Step, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What the path matches; None with a converter of the project's own."""
        parts, end = [], 0
        for found in _PARAMETER.finditer(self.path):
            matches = _MATCHES.get(found[2] or "")
            if matches is None:
                return None
            parts += [re.escape(self.path[end : found.start()]), matches]
            end = found.end()
        return re.compile("".join([*parts, re.escape(self.path[end:])]))

    @cached_property
    def head(self) -> tuple[str, ...]:
        """The parts of the path, as `/` divides it, before the first with a parameter."""
        return tuple(takewhile(lambda part: "{" not in part, self.path.split("/")))

    @cached_property
    def sample(self) -> str:
        """A request that this path is made for; empty with a converter of the project's own."""
        if any(found[2] not in _SAMPLES for found in _PARAMETER.finditer(self.path) if found[2]):
            return ""
        return _PARAMETER.sub(lambda found: _SAMPLES[found[2] or ""], self.path)


def placed(routes: Routes, app: str) -> list[Placed]:
    """The routes of an app, also of the routers that it includes, with the way to each."""
    by_router: dict[str, list[Route]] = {}
    seen: set[tuple[str, int, str]] = set()
    for route in routes.all:
        if route.kind != "route" or route.router is None or route.decorator is None:
            continue
        key = (route.router.identity, id(route.decorator), route.function.qualname)
        if key not in seen:
            seen.add(key)
            by_router.setdefault(route.router.identity, []).append(route)
    return list(_walk(routes, app, "", (), by_router, 0))


def _walk(
    routes: Routes,
    identity: str,
    prefix: str,
    way: tuple[Step, ...],
    by_router: dict[str, list[Route]],
    depth: int,
) -> Iterator[Placed]:
    router = routes.routers.get(identity)
    if router is None or depth > _DEPTH:
        return
    base = prefix + router.prefix
    for route in by_router.get(identity, ()):
        assert route.decorator is not None
        yield Placed(route, base + route.own, (*way, (_home(route), route.decorator.at)))
    for inclusion in router.included:
        step = (_scope_name(inclusion.scope), inclusion.node.at)
        yield from _walk(routes, inclusion.child, base + inclusion.prefix, (*way, step), by_router, depth + 1)


def _home(route: Route) -> str:
    """The scope whose text says when a route is added: methods of a class belong to their module."""
    return _scope_name(route.scope or route.function.parent or route.function.module)


def _scope_name(scope: Scope) -> str:
    return f"{scope.module.path}:{scope.qualname}" if isinstance(scope, FunctionInfo) else scope.path


def comes_before(first: Placed, second: Placed) -> bool:
    """Whether a route is surely tried before another: where their ways part, one scope holds both, in this order."""
    if first.route.router is second.route.router:
        # A router that is included twice has them in the same order each time.
        (home, at), (other_home, other_at) = first.way[-1], second.way[-1]
        return home == other_home and at < other_at
    for (home, at), (other_home, other_at) in zip(first.way, second.way, strict=False):
        if (home, at) != (other_home, other_at):
            return home == other_home and at < other_at
    return False
