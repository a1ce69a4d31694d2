"""Reads of a whole request: those of its dependencies and of its handler, by what the request itself hands to each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pitstop.problems.database.duplicate_query.lookups import Lookup, Lookups
from pitstop.problems.database.duplicate_query.symbols import Symbol
from pitstop.project.dependencies import provider_of
from pitstop.project.facts import Name
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo, Type
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project


@dataclass(frozen=True, slots=True)
class Entry:
    """A function that FastAPI calls itself: a dependency, or the handler at last."""

    function: FunctionInfo
    values: dict[str, Symbol]
    """What each parameter holds, as any function of the request would name it."""
    gives: str
    """The class of what it hands on."""


@dataclass(frozen=True, slots=True)
class InRequest:
    """A route with what it reads, in the order in which it runs."""

    route: Route
    entries: tuple[Entry, ...]
    reads: tuple[tuple[Entry, Lookup], ...]

    def before(self, position: int) -> Iterator[Lookup]:
        """The reads of the functions that run before the one which makes a read."""
        function = self.reads[position][0].function
        return (lookup for entry, lookup in self.reads[:position] if entry.function is not function)

    def in_hand(self, position: int) -> Lookup | None:
        """The read of the dependency that hands on the very row which is read again by its own key."""
        lookup = self.reads[position][1]
        values = lookup.key[1]
        if (
            not lookup.is_row
            or len(values) != 1
            or lookup.options
            or lookup.query.method in {"get", "get_one"}
        ):
            return None
        column, value = values[0]
        if value[0] != "attr" or value[2] != column:
            return None
        for entry, first in self.reads[:position]:
            if (
                value[1] == ("dep", entry.function.qualname)
                and entry.gives == lookup.key[0] == first.query.model
            ):
                return first if first.own_session == lookup.own_session else None
        return None


def requests(project: Project, lookups: Lookups) -> Iterator[InRequest]:
    """The routes that have dependencies, with the reads of each."""
    for route in project.routes.all:
        if route.kind != "route" or not route.dependencies:
            continue
        ordered = [f for f in _ordered(project.types, route) if f is not route.function]
        entries = [
            Entry(f, _values(project.types, f, route), given(project.types, f))
            for f in (*ordered, route.function)
        ]
        reads: list[tuple[Entry, Lookup]] = []
        for entry in entries:
            for lookup in lookups.of(entry.function):
                values = tuple((name, _known(value, entry)) for name, value in lookup.key[1])
                if any(value is None for _, value in values):
                    # Nobody can tell that it is read again, but it may be what the dependency hands on.
                    values = ()
                    lookup = replace(
                        lookup, is_row=False, key=(f"{entry.function.qualname}:{lookup.site.node.at}", ())
                    )
                key = (lookup.key[0], tuple((n, v) for n, v in values if v is not None))
                session = _known(lookup.session, entry) if lookup.session is not None else None
                reads.append((entry, replace(lookup, key=key, session=session)))
        yield InRequest(route, tuple(entries), tuple(reads))


def _ordered(types: Inference, route: Route) -> list[FunctionInfo]:
    """Dependencies with those before them that they need themselves."""
    found: dict[str, FunctionInfo] = {}
    known = {f.qualname: f for f in route.dependencies}

    def add(function: FunctionInfo) -> None:
        if function.qualname in found or function.qualname in busy:
            return
        busy.add(function.qualname)
        for parameter in function.node.parameters:
            target = provider_of(types, function, parameter.name)
            if target is not None and target.name in known:
                add(known[target.name])
        found[function.qualname] = function

    busy: set[str] = set()
    for dependency in route.dependencies:
        add(dependency)
    return list(found.values())


def _values(types: Inference, function: FunctionInfo, route: Route) -> dict[str, Symbol]:
    found: dict[str, Symbol] = {}
    for parameter in function.node.parameters:
        target = provider_of(types, function, parameter.name)
        if target is not None:
            if target.name:
                found[parameter.name] = ("dep", _through(types, target.name))
        elif f"{{{parameter.name}}}" in route.path or f"{{{parameter.name}:" in route.path:
            found[parameter.name] = ("path", parameter.name)
    return found


def given(types: Inference, function: FunctionInfo) -> str:
    """The class of what a dependency hands on."""
    return types.called(Type("function", function.qualname), unwrap=True).name


def _through(types: Inference, name: str, depth: int = 0) -> str:
    """The dependency whose value a dependency hands on as it is: `get_active_user` gives what `get_user` gave."""
    function = types.index.functions.get(name)
    if function is None or depth > 5:
        return name
    names = {r.id for r in function.returns if isinstance(r, Name)}
    if len(names) != 1 or not all(isinstance(r, Name) for r in function.returns):
        return name
    inner = provider_of(types, function, next(iter(names)))
    if inner is None or not inner.name or len(function.bindings.get(next(iter(names)), ())) != 1:
        return name
    return _through(types, inner.name, depth + 1)


def _known(value: Symbol | None, entry: Entry) -> Symbol | None:
    """A value as the whole request names it; None for what belongs to one function alone."""
    if value is None:
        return None
    match value[0]:
        case "const" | "global" | "made" | "path":
            return value
        case "param":
            return entry.values.get(str(value[1]))
        case "attr":
            base = _known(value[1], entry)  # type: ignore[arg-type] # an attr holds a symbol
            return None if base is None else ("attr", base, value[2])
    return None
