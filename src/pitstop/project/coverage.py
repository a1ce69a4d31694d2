"""What each route may do and through which calls, and how much of the code that it runs could be followed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Coverage, Effect, Location, RouteEffects, Unresolved
from pitstop.project.calls import Context, Step, context_of
from pitstop.project.facts import Attr, Call, dotted
from pitstop.project.model import FunctionInfo
from pitstop.project.queries import WRITES
from pitstop.project.routes import Route
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

_KINDS = {"http": "network", "cache": "network", "database": "query", "subprocess": "process"}
_WRITERS = {"bulk_insert_mappings", "bulk_save_objects", "commit", "flush"}
"""Methods of a session that send what was changed; `add` and its like send nothing yet."""
_SENDERS = {"execute", "scalars", "scalar"}
_MOST_UNRESOLVED = 20

Own = tuple[str, str, Site, bool]
"""An effect of one function itself: kind, name, site, and whether it holds the thread."""


def coverage(project: Project) -> Coverage:
    """The effects of all routes, and the calls that were not understood, most frequent first."""
    reader = _Reader(project)
    routes = tuple(reader.route(route) for route in project.routes.all)
    met = [reader.calls(function) for function in reader.met.values()]
    unresolved = Counter(code for _, missed in met for code, _ in missed)
    first = {code: place for _, missed in reversed(met) for code, place in reversed(missed)}
    return Coverage(
        routes=routes,
        calls=sum(total for total, _ in met),
        followed=sum(total - len(missed) for total, missed in met),
        unresolved=tuple(
            Unresolved(code=code, count=count, location=first[code])
            for code, count in unresolved.most_common(_MOST_UNRESOLVED)
        ),
    )


class _Reader:
    def __init__(self, project: Project) -> None:
        self._project = project
        self._effects: dict[str, tuple[Own, ...]] = {}
        self._calls: dict[str, tuple[int, tuple[tuple[str, Location], ...]]] = {}
        self.met: dict[str, FunctionInfo] = {}

    def route(self, route: Route) -> RouteEffects:
        """All that one route and what runs before it may do."""
        effects: dict[tuple[str, str, Location], Effect] = {}
        functions: dict[str, FunctionInfo] = {}
        for function, context, path in self._reached(route):
            functions[function.qualname] = function
            for kind, name, site, holds in self._own(function):
                place = function.at(site.node)
                effect = Effect(
                    kind=kind,
                    name=name,
                    blocks=holds and context == "loop",
                    location=place,
                    path=tuple(step.location for step in path),
                )
                effects.setdefault((kind, name, place), effect)
        self.met.update(functions)
        met = [self.calls(function) for function in functions.values()]
        return RouteEffects(
            route=route.name,
            location=route.function.at(route.function.node),
            functions=len(functions),
            calls=sum(total for total, _ in met),
            followed=sum(total - len(missed) for total, missed in met),
            effects=tuple(
                sorted(
                    effects.values(), key=lambda e: (not e.blocks, e.kind, e.location.path, e.location.line)
                )
            ),
        )

    def _reached(self, route: Route) -> Iterator[tuple[FunctionInfo, Context, tuple[Step, ...]]]:
        seen: set[tuple[str, Context]] = set()
        todo: deque[tuple[FunctionInfo, Context, tuple[Step, ...]]] = deque(
            (entry, self._project.calls.begins(entry, route), ())
            for entry in (route.function, *route.dependencies)
        )
        while todo:
            function, context, path = todo.popleft()
            if (function.qualname, context) in seen:
                continue
            seen.add((function.qualname, context))
            yield function, context, path
            for edge in self._project.calls.edges(function):
                if edge.kind != "defer":
                    todo.append(
                        (edge.target, context_of(edge, context, function), (*path, Step(function, edge.site)))
                    )

    def _own(self, function: FunctionInfo) -> tuple[Own, ...]:
        if function.qualname not in self._effects:
            self._effects[function.qualname] = tuple(self._find(function))
        return self._effects[function.qualname]

    def _find(self, function: FunctionInfo) -> Iterator[Own]:
        project = self._project
        told: set[int] = set()
        for query in project.queries.direct(function):
            told.add(id(query.site.node))
            holds = not query.is_async and not query.site.awaited
            yield "query", query.model.rpartition(".")[2] or f"Session.{query.method}", query.site, holds
        for site in function.calls:
            session = self._writing(site.node, function) if isinstance(site.node, Call) else ""
            if session and isinstance(site.node, Call) and id(site.node) not in told:
                told.add(id(site.node))
                yield "write", dotted(site.node.func), site, session == "sync"
        for sink in project.calls.sinks(function):
            if id(sink.site.node) in told:
                continue
            if sink.known.kind in {"blocks", "waits"}:
                holds = sink.known.kind == "blocks" and not sink.site.awaited
                yield _KINDS.get(sink.known.category, sink.known.category), sink.name, sink.site, holds
            elif sink.known.kind == "builds-client":
                yield "client", sink.name, sink.site, False
        for edge in project.calls.edges(function):
            if edge.kind == "defer":
                yield "background", edge.target.qualname, edge.site, False

    def _writing(self, call: Call, function: FunctionInfo) -> str:
        """`async` or `sync` for a call that makes a session of that kind write; else nothing."""
        if not isinstance(call.func, Attr):
            return ""
        if call.func.attr in _WRITERS:
            return self._project.queries.session_kind(call.func.value, function)
        if call.func.attr in _SENDERS and call.args:
            statement = self._project.types.type_of(call.args[0], function)
            if statement.name.startswith(WRITES):
                return self._project.queries.session_kind(call.func.value, function)
        return ""

    def calls(self, function: FunctionInfo) -> tuple[int, tuple[tuple[str, Location], ...]]:
        """How many calls a function makes, and the code and place of those whose target is not known."""
        if function.qualname not in self._calls:
            sites = [site for site in function.calls if isinstance(site.node, Call)]
            missed = tuple(
                (dotted(site.node.func) or "…", function.at(site.node))
                for site in sites
                if isinstance(site.node, Call) and not self._project.types.type_of(site.node.func, function)
            )
            self._calls[function.qualname] = len(sites), missed
        return self._calls[function.qualname]
