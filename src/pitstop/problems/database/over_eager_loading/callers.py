"""Queries that load relationships along for all who call them, of whom only some have a use for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.problems.database.over_eager_loading.readers import reads
from pitstop.project.eager import Eager, eager
from pitstop.project.facts import Attr, Call, Expr
from pitstop.project.imports import is_test
from pitstop.project.mentions import Mentions
from pitstop.project.model import FunctionInfo
from pitstop.project.routes import Route
from pitstop.project.sites import Site
from pitstop.project.statements import options

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.edges import Edge
    from pitstop.project.loads import Load

_EAGER = {"joinedload", "selectinload", "subqueryload", "immediateload"}
_LEAST = 2
"""Routes without a use for what is loaded, below which a parameter would be more than it saves."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A query, what it loads along, and by which calls routes reach it that read none of that."""

    load: Load
    options: tuple[Eager, ...]
    idle: tuple[Route, ...]
    total: int
    """The routes that run the query, the idle ones among them."""
    told: tuple[FunctionInfo, ...]
    """Functions that run for both: they have to be told, the one with the query first."""
    sparing: tuple[tuple[FunctionInfo, Site], ...]
    """The calls of those by functions that run for idle routes alone."""
    handing: tuple[tuple[FunctionInfo, Site], ...]
    """The calls of those by one another, which hand on what they are told."""


def shared(project: Project, mentions: Mentions) -> Iterator[Shared]:
    """Each query of a function that is called for routes which read what it loads along, and for others."""
    callers = _callers(project)
    for load in project.loads.all:
        loaded = _options(project, load)
        if not loaded or load.function.qualname not in callers:
            continue
        reading = {
            route.function.qualname
            for route in load.reach.routes
            if route.kind != "route" or any(reads(mentions, route, each.relation) for each in loaded)
        }
        routes = [route for route in load.reach.routes if route.kind == "route"]
        idle = tuple(route for route in routes if route.function.qualname not in reading)
        if len(idle) < _LEAST or len(idle) == len(routes):
            continue
        found = _apart(project, load, callers, reading)
        if found is None:
            continue
        told, sparing, handing, spared = found
        idle = tuple(route for route in idle if route.function.qualname in spared)
        if len(idle) >= _LEAST:
            yield Shared(load, loaded, idle, len(routes), told, sparing, handing)


def _options(project: Project, load: Load) -> tuple[Eager, ...]:
    """What a query of one function loads along, whoever asks; nothing where that is put together elsewhere or in branches."""
    parts = load.statement.of("options")
    function = load.function
    here = load.query.function is function and len(parts) == 1 and parts[0].scope is function
    if not here or load.statement.unknown or load.statement.parameters:
        return ()
    if any(site.node is parts[0].call and (site.conditional or site.loops) for site in function.calls):
        return ()
    found = tuple(eager(project.types, load.statement))
    known = {id(each.node) for each in found if each.loader in _EAGER}
    if not all(known.issuperset(_named_in(option)) for option in options(parts[0])):
        return ()
    return found


def _named_in(option: Expr) -> Iterator[int]:
    """What the steps of a loader option name; the step itself where it says more, as `innerjoin=True` does, which leaves rows out."""
    step: Expr = option
    while isinstance(step, Call):
        yield from map(id, (step,) if step.keywords or not step.args else step.args)
        step = step.func.value if isinstance(step.func, Attr) else step.func


def _callers(project: Project) -> dict[str, list[tuple[FunctionInfo, Edge]]]:
    """For each function those that lead to it within requests, with the way from each: who else calls it is not told anything."""
    found: dict[str, list[tuple[FunctionInfo, Edge]]] = defaultdict(list)
    for name in dict.fromkeys(name for name, _ in project.calls.reached):
        function = project.index.functions[name]
        for edge in project.calls.edges(function):
            found[edge.target.qualname].append((function, edge))
    return found


_Calls = tuple[tuple[FunctionInfo, Site], ...]


def _apart(
    project: Project,
    load: Load,
    callers: dict[str, list[tuple[FunctionInfo, Edge]]],
    reading: set[str],
) -> tuple[tuple[FunctionInfo, ...], _Calls, _Calls, set[str]] | None:
    """Who has to be told whether to load along, the calls that tell it, and the handlers of routes that are spared; None where nobody can be."""
    above = _above(load.function, callers)
    entries: dict[str, list[bool]] = defaultdict(list)
    for route in project.routes.all:
        used = route.kind != "route" or route.function.qualname in reading
        for entry in (route.function, *route.dependencies):
            if entry.qualname in above:
                entries[entry.qualname].append(used)
    used_by = {name for name, function in above.items() if project.jobs.has(function)}
    used_by |= _called_elsewhere(project, above)
    # A handler or a dependency has nobody to tell it: it loads along for all of its routes, or for none.
    used_by |= {name for name, uses in entries.items() if any(uses)}
    idle_by = set(entries) - used_by
    todo = [*used_by, *idle_by]
    while todo:
        source = todo.pop()
        for target, edge in _out(project, above[source], above):
            if target in entries and target not in used_by and source in used_by:
                used_by.add(target)
                idle_by.discard(target)
                todo.append(target)
                continue
            plain = _is_plain(project, above[source], edge)
            if (source in used_by or not plain) and target not in used_by:
                used_by.add(target)
                todo.append(target)
            if source in idle_by and plain and target not in idle_by and target not in entries:
                idle_by.add(target)
                todo.append(target)
    both = {name for name in used_by & idle_by if name not in entries}
    if load.function.qualname not in both:
        return None
    told = tuple(sorted((above[name] for name in both), key=lambda f: (f is not load.function, f.qualname)))
    sparing: list[tuple[FunctionInfo, Site]] = []
    handing: list[tuple[FunctionInfo, Site]] = []
    for name, function in above.items():
        for target, edge in _out(project, function, above):
            if target in both and _is_plain(project, function, edge):
                if name in both:
                    handing.append((function, edge.site))
                elif name in idle_by and name not in used_by:
                    sparing.append((function, edge.site))
    spared = {name for name in idle_by - used_by if name in entries}
    return (told, tuple(sparing), tuple(handing), spared) if sparing else None


def _called_elsewhere(project: Project, above: dict[str, FunctionInfo]) -> set[str]:
    """Those of some functions that commands, scripts and the like call, of which nobody looked what they read."""
    within = {name for name, _ in project.calls.reached}
    called = {function.name for function in above.values()}
    return {
        edge.target.qualname
        for function in project.functions
        if function.qualname not in within and not is_test(function.module)
        if any(function.module.says(name) for name in called)
        for edge in project.calls.edges(function)
        if edge.target.qualname in above
    }


def _above(
    function: FunctionInfo, callers: dict[str, list[tuple[FunctionInfo, Edge]]]
) -> dict[str, FunctionInfo]:
    """A function and all that lead to it."""
    found = {function.qualname: function}
    todo = [function]
    while todo:
        for caller, _ in callers.get(todo.pop().qualname, ()):
            if caller.qualname not in found:
                found[caller.qualname] = caller
                todo.append(caller)
    return found


def _out(
    project: Project, function: FunctionInfo, above: dict[str, FunctionInfo]
) -> Iterator[tuple[str, Edge]]:
    for edge in project.calls.edges(function):
        if edge.target.qualname in above:
            yield edge.target.qualname, edge


def _is_plain(project: Project, function: FunctionInfo, edge: Edge) -> bool:
    """Whether a way is a call that one more argument can be given, of a function that stands for no other."""
    target = edge.target
    call = edge.site.node
    if edge.kind != "call" or edge.choice or not isinstance(call, Call) or target.node.decorators:
        return False
    own = project.calls.targets(call, function)
    return (
        len(own) == 1
        and own[0] is target
        and not _is_of_several(project, target)
        and not (isinstance(call.func, Attr) and call.func.attr != target.name)
    )


def _is_of_several(project: Project, function: FunctionInfo) -> bool:
    """Whether a method is another class's as well: one that it stands in for, or that stands in for it."""
    owner = function.owner
    if owner is None:
        return False
    for name, info in project.index.classes.items():
        if name == owner.qualname or function.name not in info.methods:
            continue
        kin = {each.qualname for each in project.types.mro(name)}
        if owner.qualname in kin or name in {each.qualname for each in project.types.mro(owner.qualname)}:
            return True
    return False
