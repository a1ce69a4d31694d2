"""Classes that FastAPI makes for requests: `Depends()` on a class, which counts as a plain function and gets a thread each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pitstop.project.dependencies import Need
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.model import ClassInfo, FunctionInfo
from pitstop.project.routes import Route, Routes


@dataclass(slots=True)
class Injected:
    """A class that is a dependency: what makes it, each `Depends` that names it, and the routes whose requests have it made."""

    info: ClassInfo
    init: FunctionInfo
    needs: dict[int, Need] = field(default_factory=dict)
    """By the identity of the node of `Depends(...)`."""
    routes: dict[str, None] = field(default_factory=dict)


def injected(index: Index, types: Inference, routes: Routes) -> dict[str, Injected]:
    """The classes of the project with an `__init__` of its own that routes depend on, by qualified name."""
    found: dict[str, Injected] = {}
    for route in routes.all:
        if route.kind == "route":
            for need in _needs(route, routes):
                _note(need, route, index, types, found)
    return found


def _needs(route: Route, routes: Routes) -> Iterator[Need]:
    yield from route.listed
    for function in (route.function, *route.dependencies):
        yield from routes.dependencies.needs(function)


def _note(need: Need, route: Route, index: Index, types: Inference, found: dict[str, Injected]) -> None:
    provider = types.type_of(need.provider, need.scope)
    info = index.classes.get(provider.name) if provider.kind == "class" else None
    if info is None:
        return
    if info.qualname not in found:
        init = types.member_function(info.qualname, "__init__")
        if init is None:
            return
        found[info.qualname] = Injected(info, init)
    each = found[info.qualname]
    each.needs[id(need.node)] = need
    each.routes[route.name] = None
