"""The call graph: what runs within requests, on the event loop or in a thread, and through which calls it is reached."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from pitstop.data import Location
from pitstop.project.branches import NOTHING, Facts, runs
from pitstop.project.edges import Edge, Edges
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo
from pitstop.project.routes import Route, Routes
from pitstop.project.shadowing import Shadows
from pitstop.project.sites import Site
from pitstop.project.values import Values

Context = Literal["loop", "thread"]
_UNMOUNTED = "no app is seen to include the router of the routes that lead there"
_MOST_WAYS = 4
"""Different values with which a function is followed on one route; beyond them nothing is known of what it is passed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One function on a way, and the site in it that leads on."""

    function: FunctionInfo
    site: Site

    @property
    def location(self) -> Location:
        return self.function.at(self.site.node)


@dataclass(slots=True)
class Way:
    """One way to a function, the surest and shortest, for all routes from which as much is known of its parameters."""

    facts: Facts
    path: tuple[Step, ...]
    by_choice: bool
    routes: list[Route]
    """The one that `path` begins at first."""

    @property
    def doubt(self) -> tuple[bool, bool, bool, int]:
        """What speaks against a way, the least of which is the best: no app, a choice, an error, its length."""
        rescued = any(step.site.rescue for step in self.path)
        return not self.routes[0].mounted, self.by_choice, rescued, len(self.path)

    def add(self, other: Way) -> None:
        """Add the routes of another way with the same facts, and take its path where that is the better one."""
        if len(other.path) < len(self.path) and other.doubt < self.doubt:
            self.path, self.by_choice = other.path, other.by_choice
            self.routes[:0] = other.routes
        else:
            self.routes.extend(other.routes)


@dataclass(frozen=True, slots=True)
class Reach:
    """That a function runs within requests: where, for which routes, and how it is reached from the first of them."""

    context: Context
    routes: tuple[Route, ...]
    path: tuple[Step, ...]
    by_choice: bool = False
    """Whether some call on the way goes to this or to another implementation."""
    doubt: str = ""
    """Why it may not run where it is said to."""
    ways: tuple[Way, ...] = ()
    """The same, apart for what its callers pass."""

    @property
    def facts(self) -> tuple[Facts, ...]:
        """What is known of the function's parameters, once for each way."""
        return tuple(way.facts for way in self.ways) or (NOTHING,)

    def at(self, site: Site) -> Reach | None:
        """That a site of the function runs: the ways on which what callers pass lets it, or None."""
        if not site.branches:
            return self
        ways = tuple(way for way in self.ways if runs(site, way.facts))
        if len(ways) == len(self.ways):
            return self
        if not ways:
            return None
        routes = {route: None for way in ways for route in way.routes}
        first = ways[0]
        return replace(self, routes=tuple(routes), path=first.path, by_choice=first.by_choice, ways=ways)


_State = tuple[FunctionInfo, Context, Facts, tuple[Step, ...], bool]
"""A function on a way: where it runs, what it is passed, how it is reached, and whether some call was a choice."""


class Calls(Edges):
    """Edges between functions, and what is reached through them from routes."""

    def __init__(self, index: Index, inference: Inference, routes: Routes, shadows: Shadows) -> None:
        super().__init__(index, inference)
        self._routes = routes
        self._shadows = shadows
        self.values = Values(inference, self.edges)

    @cached_property
    def reached(self) -> dict[tuple[str, Context], Reach]:
        """What runs within requests, by qualified name and by whether it runs on the loop or in a thread."""
        # What answers an error is not on the way of a request, and nothing is that another route answers for.
        return self.reach_from(
            (route, (route.function, *route.dependencies))
            # What an app serves is told in preference to what none is seen to serve.
            for route in sorted(self._routes.all, key=lambda route: not route.mounted)
            if route.kind != "handler" and route.function.qualname not in self._shadows.unreached
        )

    def reach(self, function: FunctionInfo, site: Site | None = None) -> Reach | None:
        """How a function, or one site in it, runs within requests: on the loop, else in a thread; None when it does not.

        What callers pass may exclude the branch that the site stands in: then only the ways that do not are told.
        """
        found = self._by_name.get(function.qualname)
        # Most sites stand in no branch, and many rules ask for each of them.
        return found.at(site) if found and site and site.branches else found

    @cached_property
    def _by_name(self) -> dict[str, Reach]:
        """What runs within requests by its name alone: on the loop, where it does, and for the routes that run it in a thread as well."""
        found: dict[str, Reach] = {}
        for (name, _), reach in sorted(self.reached.items(), key=lambda item: item[0][1] != "loop"):
            known = found.get(name)
            found[name] = reach if known is None else _joined(known, reach)
        return found

    def reach_from(
        self, entries: Iterable[tuple[Route, tuple[FunctionInfo, ...]]]
    ) -> dict[tuple[str, Context], Reach]:
        """What runs because of each entry: the functions that it starts with, of whose parameters nothing is known, and all they lead to."""
        routes: dict[tuple[str, Context], list[Route]] = {}
        ways: dict[tuple[str, Context], dict[Facts, Way]] = {}
        for route, started in entries:
            seen: dict[tuple[str, Context], list[Facts]] = {}
            todo: deque[_State] = deque(
                (entry, self.begins(entry, route), NOTHING, (), False) for entry in started
            )
            after_error: deque[_State] = deque()
            while todo or after_error:
                # A way without an error is told in preference to one through an `except`.
                function, context, facts, path, choice = (todo or after_error).popleft()
                key = (function.qualname, context)
                known = seen.get(key)
                if known is None:
                    known = seen[key] = []
                    routes.setdefault(key, []).append(route)
                elif _is_told(facts, known):
                    continue
                elif len(known) >= _MOST_WAYS:
                    facts = NOTHING
                known.append(facts)
                found = ways.setdefault(key, {})
                way = Way(facts, path, choice, [route])
                if facts in found:
                    found[facts].add(way)
                else:
                    found[facts] = way
                for edge, passed in self.values.followed(function, facts):
                    inner = context_of(edge, context, function)
                    if _is_told(passed, seen.get((edge.target.qualname, inner), ())):
                        continue
                    later = after_error if edge.site.rescue else todo
                    steps = (*path, Step(function, edge.site))
                    later.append((edge.target, inner, passed, steps, choice or edge.choice))
        return {key: _reach(key[1], found, tuple(ways[key].values())) for key, found in routes.items()}

    def begins(self, entry: FunctionInfo, route: Route) -> Context:
        """Where FastAPI runs a handler or a dependency: plain functions in a thread, but for what a coroutine of the project wraps."""
        own = route.decorator if entry is route.function else None
        on_loop = entry.is_async or self.decorators.run_on_loop(entry, own) is not None
        return "loop" if on_loop else "thread"


def at(reached: dict[tuple[str, Context], Reach], function: FunctionInfo, site: Site | None) -> Reach | None:
    """How a function, or one site in it, runs by what is `reached`: on the loop, else in a thread; None when it does not."""
    contexts: tuple[Context, ...] = ("loop", "thread")
    for context in contexts:
        found = reached.get((function.qualname, context))
        if found is not None and site is not None:
            found = found.at(site)
        if found is not None:
            return found
    return None


def _joined(first: Reach, second: Reach) -> Reach:
    ways = (*first.ways, *second.ways)
    routes = dict.fromkeys((*first.routes, *second.routes))
    return replace(first, routes=tuple(routes), doubt=first.doubt and second.doubt, ways=ways)


def _is_told(facts: Facts, known: Iterable[Facts]) -> bool:
    """Whether a function was entered with no more known of its parameters: all runs then that would run now."""
    for fewer in known:  # noqa: SIM110 - runs for each call of each function on each route
        if fewer <= facts:
            return True
    return False


def _reach(context: Context, routes: list[Route], ways: tuple[Way, ...]) -> Reach:
    ways = tuple(sorted(ways, key=lambda way: way.doubt)) if len(ways) > 1 else ways
    first = ways[0]
    doubt = "" if any(route.mounted for route in routes) else _UNMOUNTED
    told = dict.fromkeys((first.routes[0], *routes))
    return Reach(context, tuple(told), first.path, first.by_choice, doubt, ways)


def context_of(edge: Edge, context: Context, source: FunctionInfo) -> Context:
    """Where the target of an edge runs, when its source runs in `context`.

    A coroutine that a thread runs on an event loop of its own is in that thread: nobody else waits for that loop.
    """
    if edge.target.is_async:
        return "thread" if context == "thread" and (edge.alone or source.is_async) else "loop"
    if edge.kind == "offload":
        return "thread"
    return context
