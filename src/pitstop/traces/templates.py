"""Which route of an app takes a request, by the templates of its routes."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from pitstop.traces.asked import declared_in, without_converters
from pitstop.traces.records import Run

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_CONVERTERS = {
    "path": ".*",
    "int": "[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}",
}
"""What Starlette's converters take; any other parameter takes one part of the path."""
_REMEMBERED = 20_000


class Templates:
    """The routes of an app, asked in their order as the app does."""

    def __init__(self, routes: Iterable[str], *, open_ended: Iterable[str] = ()) -> None:
        """`routes` are such as `GET /items/{id}`; of those that are `open_ended`, the last parameter takes all of the rest."""
        ended = frozenset(open_ended)
        by_method: dict[str, dict[str, str]] = {}
        for route in routes:
            method, _, path = route.partition(" ")
            by_method.setdefault(method, {}).setdefault(route, _pattern(path, is_open=route in ended))
        self._routes = {method: tuple(known) for method, known in by_method.items()}
        self._patterns = {
            method: re.compile("|".join(f"({pattern})" for pattern in known.values()), re.DOTALL)
            for method, known in by_method.items()
        }
        self.match = functools.lru_cache(maxsize=_REMEMBERED)(self._match)
        """The route that takes a request of this method and decoded path; empty where none does."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every route."""
        return tuple(route for known in self._routes.values() for route in known)

    def _match(self, method: str, path: str) -> str:
        pattern = self._patterns.get(method)
        found = pattern.fullmatch(path) if pattern is not None else None
        return self._routes[method][found.lastindex - 1] if found is not None and found.lastindex else ""


def _pattern(template: str, *, is_open: bool = False) -> str:
    parts: list[str] = []
    end = 0
    parameters = list(_PARAMETER.finditer(template))
    for number, found in enumerate(parameters, 1):
        parts.append(re.escape(template[end : found.start()]))
        is_last = number == len(parameters)
        parts.append(".*" if is_open and is_last else _CONVERTERS.get(found[2] or "", "[^/]+"))
        end = found.end()
    return "".join((*parts, re.escape(template[end:])))


def templates_of(run: Run, app: str, read: Sequence[str] = ()) -> Templates:
    """The routes of `app` (`module:name`): those of its OpenAPI document, of the run, and those that were `read` in its source.

    A document names no converters: they are taken from the other two. What it does not hold has no known place in the order:
    routes without a parameter are asked first, others last.
    """
    seen = {exchange.endpoint: exchange.path for exchange in run.exchanges if exchange.route}
    known = {without_converters(route): route for route in (*read, *seen)}
    declared = declared_in(run, app) or [
        # an app that a function makes has no name
        route
        for each in dict.fromkeys(document.app for document in run.openapi)
        for route in declared_in(run, each)
    ]
    documented = [known.get(route, route) for route in declared]
    others = [route for route in dict.fromkeys(known.values()) if route not in documented]
    literal = [route for route in others if "{" not in route]
    # A mounted app's route is told as `/static/{path}`, whatever there is below it.
    open_ended = [
        route
        for route, path in seen.items()
        if "{" in route and not re.fullmatch(_pattern(route.partition(" ")[2]), path, re.DOTALL)
    ]
    return Templates(
        (*literal, *documented, *(route for route in others if route not in literal)), open_ended=open_ended
    )
