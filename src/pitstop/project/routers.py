"""Apps and routers, and which includes which: also through parameters, in loops, and in a class of the service's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pitstop.project.facts import Attr, Call, Expr, Name, Op, Seq
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import Binding, FunctionInfo, Module
from pitstop.project.objects import Objects
from pitstop.project.registrations import Registrations

INCLUDES = {"host", "include_router", "mount"}
"""Methods that put a router or an app into another one."""
_DEEP = 4
"""Functions that an app is handed on through."""


@dataclass(eq=False)
class Router:
    """An app or a router, as one object of the program."""

    identity: str
    module: Module
    scope: Scope
    call: Call | None
    is_app: bool
    prefix: str = ""
    dependencies: tuple[Expr, ...] = ()
    included: list[Inclusion] = field(default_factory=list)


@dataclass(eq=False)
class Inclusion:
    """One `include_router` or `mount`; `child` is empty where nothing says what is included."""

    child: str
    prefix: str
    dependencies: tuple[Expr, ...]
    scope: Scope
    node: Call


_Row = tuple[Binding, Seq, Scope]
"""The values that one turn of a loop binds: how, which, and where they are written."""
_Given = tuple[Expr | None, Scope, _Row | None]


class Inclusions:
    """Reads inclusions off calls, and follows apps and routers into the functions that they are handed to."""

    def __init__(
        self, index: Index, inference: Inference, objects: Objects, registrations: Registrations
    ) -> None:
        self._index = index
        self._inference = inference
        self._objects = objects
        self._registrations = registrations
        self._calls: dict[str, list[tuple[Call, Scope]]] = {}

    def takes_routers(self, method: Attr, scope: Scope) -> bool:
        """Whether a method is called of an app or a router; of a parameter without a type the name of the method says so."""
        if self._registrations.kind(method.value, scope):
            return True
        bound = _bound(method.value, scope)
        return (
            method.attr == "include_router"
            and len(bound) == 1
            and bound[0].parameter is not None
            and bound[0].parameter.annotation is None
        )

    def of_call(self, call: Call, scope: Scope) -> Iterator[Inclusion]:
        """What `app.include_router(...)`, `app.mount(...)` or `app.host(...)` includes: several where a loop goes over them."""
        assert isinstance(call.func, Attr)
        if call.func.attr == "include_router":
            given, path = call.argument(0, "router"), call.keyword("prefix")
            dependencies = items(call.keyword("dependencies"))
        else:
            given, dependencies = call.argument(1, "app"), ()
            path = call.argument(0, "path") if call.func.attr == "mount" else None
        found: list[_Given] = [(item, home, row) for (item, home), row in self._rows(given, scope)]
        for child, home, row in found or [(given, scope, None)]:
            prefix = self._text(path, scope, row)
            if call.func.attr == "mount":
                prefix = prefix.rstrip("/")
            identity = self._objects.identity(child, home)
            if identity or call.func.attr == "include_router":
                yield Inclusion(identity, prefix, dependencies, scope, call)

    def _text(self, path: Expr | None, scope: Scope, row: _Row | None) -> str:
        """A prefix, also one that is named beside the router: `for router, prefix in [(items, "/items"), ...]`."""
        if row is not None and isinstance(path, Name):
            loop, values, home = row
            for bound in _bound(path, scope):
                if bound.value is loop.value and len(bound.index) == 1 and bound.index[0] < len(values.items):
                    return self._objects.text(values.items[bound.index[0]], home)
        return self._objects.text(path, scope)

    def _rows(self, given: Expr | None, scope: Scope) -> Iterator[tuple[tuple[Expr, Scope], _Row | None]]:
        """The routers that the name of a loop stands for, with the row of each where the loop goes over several values at once."""
        bound = _bound(given, scope)
        if len(bound) != 1 or bound[0].how != "element" or bound[0].value is None:
            return
        for item, home in self._items(bound[0].value, scope):
            if not bound[0].index:
                yield (item, home), None
            elif isinstance(item, Seq) and len(bound[0].index) == 1 and bound[0].index[0] < len(item.items):
                yield (item.items[bound[0].index[0]], home), (bound[0], item, home)

    def _items(self, values: Expr, scope: Scope, depth: int = 0) -> Iterator[tuple[Expr, Scope]]:
        """What a list that is written out holds, there or under a name."""
        match values:
            case Seq():
                yield from ((item, scope) for item in values.items)
            case Op() if values.op == "Add":
                for operand in values.operands:
                    yield from self._items(operand, scope, depth)
            case Name() | Attr() if depth < _DEEP:
                found = self._named(values, scope)
                if found is not None:
                    yield from self._items(*found, depth + 1)

    def _named(self, name: Name | Attr, scope: Scope) -> tuple[Expr, Scope] | None:
        bound = _bound(name, scope)
        if isinstance(name, Name) and isinstance(scope, FunctionInfo) and bound:
            value = bound[0].value if len(bound) == 1 and bound[0].how == "value" else None
            return (value, scope) if value is not None else None
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        if isinstance(name, Attr):
            owner = self._inference.type_of(name.value, scope)
            module_of = self._index.module(owner.name) if owner.kind == "module" else None
            binding = self._index.member(module_of, name.attr) if module_of is not None else None
        else:
            binding = self._index.member(module, name.id)
        home = self._index.module(binding.target) if binding is not None else None
        if binding is None or binding.value is None or home is None or binding.how != "value":
            return None
        return binding.value, home

    def follow(self, routers: dict[str, Router]) -> None:
        """Let what is done to a parameter be done to what callers hand over, and what is done to `self` to the objects of the class."""
        todo = [
            (router.identity, router.scope, 0)
            for router in routers.values()
            if isinstance(router.scope, FunctionInfo)
        ]
        children = [
            (inclusion.child, inclusion.scope, 0)
            for router in routers.values()
            for inclusion in router.included
            if inclusion.child not in routers and isinstance(inclusion.scope, FunctionInfo)
        ]
        for found, is_child in ((todo, False), (children, True)):
            seen: set[str] = set()
            while found:
                identity, function, depth = found.pop()
                assert isinstance(function, FunctionInfo)
                owner, _, name = identity.partition(":")
                while function.parent is not None and function.qualname != owner:
                    function = function.parent
                if identity in seen or function.qualname != owner or depth > _DEEP:
                    continue
                seen.add(identity)
                for given, call, scope in self._handed(function, name, routers):
                    parent, child = (identity, given) if is_child else (given, identity)
                    home = function if is_child else scope
                    if parent not in routers:
                        module = home.module if isinstance(home, FunctionInfo) else home
                        routers[parent] = Router(parent, module, home, None, is_app=False)
                    routers[parent].included.append(Inclusion(child, "", (), scope, call))
                    if isinstance(scope, FunctionInfo):
                        found.append((given, scope, depth + 1))

    def _handed(
        self, function: FunctionInfo, name: str, routers: dict[str, Router]
    ) -> Iterator[tuple[str, Call, Scope]]:
        """The objects that a parameter stands for, with the calls that hand them over."""
        parameters = [p.name for p in function.node.parameters]
        if name not in parameters:
            return
        position = parameters.index(name)
        if function.owner is not None and position == 0:
            for router in routers.values():
                made = self._inference.type_of(router.call, router.scope).name if router.call else ""
                classes = {cls.qualname for cls in self._inference.mro(made)}
                if function.owner.qualname in classes and router.call is not None:
                    yield router.identity, router.call, router.scope
            return
        skipped = 1 if function.owner is not None else 0
        for call, scope in self._calls_of(function):
            given = call.argument(position - skipped, name)
            found = self._objects.identity(given, scope) if given is not None else ""
            if found:
                yield found, call, scope

    def _calls_of(self, function: FunctionInfo) -> list[tuple[Call, Scope]]:
        if function.qualname not in self._calls:
            speaking = [m for m in self._index.by_path.values() if m.says(function.name)]
            scopes: list[Scope] = [*speaking]
            scopes += [f for f in self._index.functions.values() if f.module.says(function.name)]
            self._calls[function.qualname] = [
                (site.node, scope)
                for scope in scopes
                for site in scope.sites
                if isinstance(site.node, Call)
                and _last(site.node.func) == function.name
                and self._inference.type_of(site.node.func, scope).name == function.qualname
            ]
        return self._calls[function.qualname]


def _bound(expr: Expr | None, scope: Scope) -> list[Binding]:
    return scope.bindings.get(expr.id, []) if isinstance(expr, Name) else []


def _last(called: Expr) -> str:
    return called.attr if isinstance(called, Attr) else getattr(called, "id", "")


def items(expr: Expr | None) -> tuple[Expr, ...]:
    """What a list holds, also one put together by `+` as far as it is written out."""
    if isinstance(expr, Op) and expr.op == "Add":
        return tuple(item for operand in expr.operands for item in items(operand))
    return expr.items if isinstance(expr, Seq) else ()
