"""Routes as FastAPI would assemble them: apps, routers, prefixes, dependencies, middleware, lifespan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.dependencies import Dependencies, Need
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Expr,
    ExprStatement,
    Name,
    Seq,
    Statement,
    Sub,
    dotted,
)
from pitstop.project.imports import loaded
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.objects import Objects
from pitstop.project.registrations import APPS, Registration, Registrations
from pitstop.project.routers import INCLUDES, Inclusion, Inclusions, Router, items
from pitstop.project.sites import walk

_GRAPHQL_TYPES = {"strawberry.type", "strawberry.interface"}
_GRAPHQL_FIELDS = {
    "strawberry.field",
    "strawberry.mutation",
    "strawberry.subscription",
    "strawberry.relay.connection",
}


@dataclass(eq=False)
class Route:
    """One handler under one path, with all that runs before it."""

    methods: tuple[str, ...]
    path: str
    function: FunctionInfo
    decorator: Call | None
    router: Router | None
    dependencies: tuple[FunctionInfo, ...] = ()
    kind: str = "route"
    """route, websocket, middleware, handler (of exceptions), graphql (a resolver; its path is `Type.field`); job (run by a
    worker) and background (run by the service beside its requests), which are not among the routes."""
    own: str = ""
    """The path as it is given to the router, without any prefix."""
    scope: Scope | None = None
    """Where the decorator, or the call that adds the route, stands."""
    mounted: bool = True
    """Whether an app may serve it: not when every inclusion is understood, none leads there, and nothing imports its file."""
    listed: tuple[Need, ...] = ()
    """What `dependencies=[...]` of the app, the routers and the route name, in the order in which it runs, before the parameters."""

    @property
    def name(self) -> str:
        """`GET /items/{id}`; for what is no route the kind and the function's name."""
        if self.kind not in {"route", "websocket"}:
            return f"{self.kind} {self.path or self.function.name}"
        return f"{self.methods[0]} {self.path}"


_Prefix = tuple[str, tuple[tuple[Expr, Scope], ...], bool]
"""A prefix, the dependencies gathered on the way, and whether the way begins at an app."""


class Routes:
    """All routes of a project and what else runs on a request."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._dependencies = Dependencies(index, inference)
        self.objects = Objects(index, inference)
        self._registrations = Registrations(index, inference, self.objects)
        self._inclusions = Inclusions(index, inference, self.objects, self._registrations)
        self.routers: dict[str, Router] = {}
        self.all: list[Route] = []
        self.lifespans: list[FunctionInfo] = []
        self._found: list[Registration] = []
        for module in index.by_path.values():
            self._scan(module.source.facts.body, module, module)
        for function in index.functions.values():
            self._scan(function.node.body, function, function.module)
        for function in index.functions.values():
            self._found.extend(self._registrations.of_decorators(function))
        self._inclusions.follow(self.routers)
        self._assemble()
        self.all.extend(resolvers(index, inference))

    @property
    def apps(self) -> list[Router]:
        """The FastAPI objects."""
        return [router for router in self.routers.values() if router.is_app]

    @property
    def served(self) -> tuple[str, ...]:
        """Method and path of each route that an app may serve, in the order in which they were found."""
        return tuple(
            dict.fromkeys(
                f"{method} {route.path}"
                for route in self.all
                if route.kind in {"route", "websocket"} and route.mounted
                for method in route.methods
            )
        )

    @property
    def dependencies(self) -> Dependencies:
        """What functions depend on, with what the service overrides."""
        return self._dependencies

    @property
    def starting(self) -> tuple[FunctionInfo, ...]:
        """What runs as the service starts: lifespans and handlers of `startup`."""
        handlers = (found.function for found in self._found if found.kind == "startup")
        return tuple(dict.fromkeys((*self.lifespans, *handlers)))

    def served_as(self, app: Router) -> str:
        """An app as a server takes it: `module:name`, or `module:function --factory` where only a call gives it."""
        if isinstance(app.scope, Module):
            return app.identity
        held = [
            f"{module.name}:{name}"
            for module in self._index.by_path.values()
            for name, bindings in module.bindings.items()
            if any(b.how == "value" for b in bindings) and self.objects.named(module, name) == app.identity
        ]
        if held or ":" not in app.identity:
            return held[0] if held else app.identity
        function = app.scope
        while function.parent is not None:
            function = function.parent
        module = function.module.name
        return f"{module}:{function.qualname.removeprefix(module + '.')} --factory"

    # --- objects -----------------------------------------------------------------------------------------------------

    def _scan(self, body: tuple[Statement, ...], scope: Scope, module: Module) -> None:
        for statement in walk(body):
            if isinstance(statement, Assign) and isinstance(statement.value, Call):
                self._constructed(statement, statement.value, scope, module)
                self._unpacked(statement, statement.value, scope, module)
            if isinstance(statement, Assign) and module.says("dependency_overrides"):
                self._overridden(statement, scope, module)
            if isinstance(statement, ExprStatement) and isinstance(statement.value, Call):
                self._method_call(statement.value, scope)

    def _constructed(self, statement: Assign, call: Call, scope: Scope, module: Module) -> None:
        # What is called is known sooner than what it gives, and most calls are of functions.
        if self._inference.type_of(call.func, scope).kind not in {"external", "class"}:
            return
        kind = self._registrations.kind(call, scope)
        if not kind:
            return
        for target in statement.targets:
            identity = self.objects.identity(target, scope)
            if identity:
                router = self._router(identity, module, scope)
                router.call = call
                router.is_app = kind in APPS
                router.prefix = self.objects.text(call.keyword("prefix"), scope)
                router.dependencies = items(call.keyword("dependencies"))
                lifespan = self._inference.type_of(call.keyword("lifespan"), scope)
                if lifespan.kind == "function" and lifespan.name in self._index.functions:
                    self.lifespans.append(self._index.functions[lifespan.name])
                self._found.extend(self._registrations.of_construction(call, scope, identity))

    def _unpacked(self, statement: Assign, call: Call, scope: Scope, module: Module) -> None:
        """`public, private = make_routers()`: each as the function makes it, and new with each call."""
        targets = [target for target in statement.targets if isinstance(target, Seq)]
        if not targets:
            return
        made_by = self._inference.type_of(call.func, scope)
        function = self._index.functions.get(made_by.name) if made_by.kind == "function" else None
        given = [r for r in function.returns if isinstance(r, Seq)] if function is not None else []
        if function is None or len(given) != 1:
            return
        for target in targets:
            for left, right in zip(target.items, given[0].items, strict=False):
                bound = function.bindings.get(right.id, []) if isinstance(right, Name) else []
                value = bound[0].value if len(bound) == 1 and bound[0].how == "value" else None
                if not isinstance(value, Call) or not self._registrations.kind(value, function):
                    continue
                router = self._router(self.objects.identity(left, scope), module, function)
                router.scope = function
                router.prefix = self._prefix(value, function, call, scope)
                router.dependencies = items(value.keyword("dependencies"))

    def _prefix(self, made: Call, function: FunctionInfo, call: Call, scope: Scope) -> str:
        """The prefix of a router that a function makes, also one that it is handed."""
        prefix = made.keyword("prefix")
        if isinstance(prefix, Name):
            names = [p.name for p in function.node.parameters]
            given = call.argument(names.index(prefix.id), prefix.id) if prefix.id in names else None
            if given is not None:
                return self.objects.text(given, scope)
        return self.objects.text(prefix, function)

    def _overridden(self, statement: Assign, scope: Scope, module: Module) -> None:
        """`app.dependency_overrides[original] = other`, where the service does it itself and not its tests."""
        if re.search(r"(^|/)(tests?|conftest)", module.path) or statement.value is None:
            return
        for target in statement.targets:
            if isinstance(target, Sub) and dotted(target.value).endswith(".dependency_overrides"):
                self._dependencies.replace(target.index, statement.value, scope)

    def _router(self, identity: str, module: Module, scope: Scope) -> Router:
        if identity not in self.routers:
            self.routers[identity] = Router(identity, module, scope, None, is_app=False)
        return self.routers[identity]

    # --- what hangs on them -------------------------------------------------------------------------------------------

    def _method_call(self, call: Call, scope: Scope) -> None:
        if not isinstance(call.func, Attr) or call.func.attr not in INCLUDES:
            self._found.extend(self._registrations.of_call(call, scope))
            return
        if not self._inclusions.takes_routers(call.func, scope):
            return
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        router = self._router(self.objects.identity(call.func.value, scope), module, scope)
        router.included.extend(self._inclusions.of_call(call, scope))

    # --- assembly ------------------------------------------------------------------------------------------------------

    def _assemble(self) -> None:
        contexts, served = self._contexts()
        for found in self._found:
            if found.kind == "startup":
                continue
            router = self.routers.get(found.router)
            own = self.objects.text(found.path, found.scope)
            if "{$" in own:
                # An expression of OpenAPI: a callback, which the service asks of others and nobody asks of it.
                continue
            around = contexts.get(found.router) or [(router.prefix if router else "", ())]
            # Two apps may include a router in the same way.
            around = list(
                {(prefix, tuple(id(d) for d, _ in more)): (prefix, more) for prefix, more in around}.values()
            )
            for prefix, dependencies in around:
                listed = [*dependencies]
                if router is not None:
                    listed += [(d, router.scope) for d in router.dependencies]
                if found.node is not None:
                    listed += [(d, found.scope) for d in items(found.node.keyword("dependencies"))]
                before: dict[str, FunctionInfo] = {}
                needs = []
                for expr, home in listed:
                    provider = self._inference.depends(expr, home)
                    if provider is not None and isinstance(expr, Call):
                        needs.append(Need(provider, home, expr))
                        self._dependencies.add(provider, home, before)
                if found.kind in {"route", "websocket"}:
                    if found.function.owner is not None:
                        self._dependencies.of_class(found.function.owner, before)
                    self._dependencies.of(found.function, before)
                self.all.append(
                    Route(
                        found.methods,
                        prefix + own,
                        found.function,
                        found.node,
                        router,
                        tuple(before.values()),
                        found.kind,
                        own,
                        found.scope,
                        router is None or found.router in served,
                        tuple(needs),
                    )
                )

    def _contexts(self) -> tuple[dict[str, list[tuple[str, tuple[tuple[Expr, Scope], ...]]]], set[str]]:
        """For each router the full prefixes it is reachable under, with the dependencies gathered on the way; and those that are served."""
        parents: dict[str, list[tuple[Router, Inclusion]]] = {}
        for router in self.routers.values():
            for inclusion in router.included:
                parents.setdefault(inclusion.child, []).append((router, inclusion))

        def ways(identity: str, seen: tuple[str, ...]) -> list[_Prefix]:
            own = self.routers[identity].prefix if identity in self.routers else ""
            found: list[_Prefix] = []
            for parent, inclusion in parents.get(identity, ()):
                if parent.identity in seen:
                    continue
                listed = [(d, parent.scope) for d in parent.dependencies] + [
                    (d, inclusion.scope) for d in inclusion.dependencies
                ]
                for prefix, dependencies, served in ways(parent.identity, (*seen, identity)):
                    found.append((prefix + inclusion.prefix + own, (*dependencies, *listed), served))
            is_app = identity in self.routers and self.routers[identity].is_app
            return found[:8] or [(own, (), is_app)]

        every = {identity: ways(identity, ()) for identity in self.routers}
        # A way that ends at no app serves nobody, unless that is true of all.
        leading = {identity: [way for way in found if way[2]] for identity, found in every.items()}
        served = {identity for identity, found in leading.items() if found}
        # What is included and cannot be told may be any router of the same part of a repository.
        parts = {
            router.module.path.partition("/")[0]
            for router in self.routers.values()
            if any(inclusion.child not in self.routers for inclusion in router.included)
        }
        if not served or any(part.endswith(".py") for part in parts):
            served = set(self.routers)
        elif any(found.router in self.routers and found.router not in served for found in self._found):
            # What some file imports may be included in a way that is not seen here.
            known = loaded(self._index)
            served |= {
                name
                for name, router in self.routers.items()
                if router.module.path in known or router.module.path.partition("/")[0] in parts
            }
        return {name: [way[:2] for way in leading[name] or every[name]] for name in self.routers}, served


def resolvers(index: Index, inference: Inference) -> Iterator[Route]:
    """The field resolvers of Strawberry's types: GraphQL runs each that a query selects, once for each object of its type."""
    for cls in index.classes.values():
        if not any(_made_by(inference, d, cls.module) in _GRAPHQL_TYPES for d in cls.node.decorators):
            continue
        for method in cls.methods.values():
            if any(_made_by(inference, d, cls.module) in _GRAPHQL_FIELDS for d in method.node.decorators):
                yield Route(("GRAPHQL",), f"{cls.name}.{method.name}", method, None, None, kind="graphql")


def _made_by(inference: Inference, decorator: Expr, module: Module) -> str:
    return inference.type_of(decorator.func if isinstance(decorator, Call) else decorator, module).name
