"""Routes as FastAPI would assemble them: apps, routers, prefixes, dependencies, middleware, lifespan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pitstop.project.dependencies import Dependencies
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Expr,
    ExprStatement,
    Seq,
    Statement,
)
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.objects import Objects
from pitstop.project.sites import walk

_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}
_APPS = {"fastapi.FastAPI"}
_ROUTERS = {"fastapi.APIRouter", *_APPS}
_GRAPHQL_TYPES = {"strawberry.type", "strawberry.interface"}
_GRAPHQL_FIELDS = {
    "strawberry.field",
    "strawberry.mutation",
    "strawberry.subscription",
    "strawberry.relay.connection",
}


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
    """One `include_router` or `mount`."""

    child: str
    prefix: str
    dependencies: tuple[Expr, ...]
    scope: Scope
    node: Call


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
    """route, websocket, middleware, handler (of exceptions), graphql (a resolver; its path is `Type.field`)."""
    own: str = ""
    """The path as it is given to the router, without any prefix."""

    @property
    def name(self) -> str:
        """`GET /items/{id}`; for what is no route the kind and the function's name."""
        if self.kind != "route":
            return f"{self.kind} {self.path or self.function.name}"
        return f"{self.methods[0]} {self.path}"


class Routes:
    """All routes of a project and what else runs on a request."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._dependencies = Dependencies(index, inference)
        self.objects = Objects(index, inference)
        self.routers: dict[str, Router] = {}
        self.all: list[Route] = []
        self.lifespans: list[FunctionInfo] = []
        self._pending: list[
            tuple[str, tuple[str, ...], Expr | None, FunctionInfo, Call | None, str, Scope]
        ] = []
        for module in index.by_path.values():
            self._scan(module.source.facts.body, module, module)
        for function in index.functions.values():
            self._scan(function.node.body, function, function.module)
        for function in index.functions.values():
            self._decorators(function)
        self._assemble()
        self.all.extend(resolvers(index, inference))

    @property
    def apps(self) -> list[Router]:
        """The FastAPI objects."""
        return [router for router in self.routers.values() if router.is_app]

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
            if isinstance(statement, ExprStatement) and isinstance(statement.value, Call):
                self._method_call(statement.value, scope)

    def _kind(self, expr: Expr, scope: Scope) -> str:
        """`fastapi.FastAPI`, `fastapi.APIRouter` or nothing, for the object an expression gives."""
        found = self._inference.type_of(expr, scope)
        if found.kind != "instance":
            return ""
        if found.name in _ROUTERS:
            return found.name
        return next((b for b in self._inference.external_bases(found.name) if b in _ROUTERS), "")

    def _constructed(self, statement: Assign, call: Call, scope: Scope, module: Module) -> None:
        # What is called is known sooner than what it gives, and most calls are of functions.
        if self._inference.type_of(call.func, scope).kind not in {"external", "class"}:
            return
        kind = self._kind(call, scope)
        if not kind:
            return
        for target in statement.targets:
            identity = self.objects.identity(target, scope)
            if identity:
                router = self._router(identity, module, scope)
                router.call = call
                router.is_app = kind in _APPS
                router.prefix = self.objects.text(call.keyword("prefix"), scope)
                router.dependencies = _items(call.keyword("dependencies"))
                lifespan = self._inference.type_of(call.keyword("lifespan"), scope)
                if lifespan.kind == "function" and lifespan.name in self._index.functions:
                    self.lifespans.append(self._index.functions[lifespan.name])

    def _router(self, identity: str, module: Module, scope: Scope) -> Router:
        if identity not in self.routers:
            self.routers[identity] = Router(identity, module, scope, None, is_app=False)
        return self.routers[identity]

    # --- what hangs on them -------------------------------------------------------------------------------------------

    def _method_call(self, call: Call, scope: Scope) -> None:
        if not isinstance(call.func, Attr):
            return
        method = call.func.attr
        if method not in {
            "include_router",
            "mount",
            "add_api_route",
            "add_middleware",
            "add_api_websocket_route",
        }:
            return
        if not self._kind(call.func.value, scope):
            return
        identity = self.objects.identity(call.func.value, scope)
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        router = self._router(identity, module, scope)
        if method == "include_router":
            child = self.objects.identity(call.argument(0, "router"), scope)
            prefix = self.objects.text(call.keyword("prefix"), scope)
            router.included.append(
                Inclusion(child, prefix, _items(call.keyword("dependencies")), scope, call)
            )
        elif method == "mount":
            child = self.objects.identity(call.argument(1, "app"), scope)
            if child in self.routers or child:
                router.included.append(
                    Inclusion(
                        child,
                        self.objects.text(call.argument(0, "path"), scope).rstrip("/"),
                        (),
                        scope,
                        call,
                    )
                )
        elif method == "add_middleware":
            self._middleware_class(call, scope, identity)
        else:
            endpoint = self._inference.type_of(call.argument(1, "endpoint"), scope)
            info = self._index.functions.get(endpoint.name)
            if info is not None:
                listed = _items(call.keyword("methods"))
                methods = tuple(
                    m.value.upper() for m in listed if isinstance(m, Const) and isinstance(m.value, str)
                )
                kind = "websocket" if "websocket" in method else "route"
                self._pending.append(
                    (identity, methods or ("GET",), call.argument(0, "path"), info, call, kind, scope)
                )

    def _middleware_class(self, call: Call, scope: Scope, identity: str) -> None:
        found = self._inference.type_of(call.argument(0, "middleware_class"), scope)
        for name in ("dispatch", "__call__"):
            method = self._inference.member_function(found.name, name)
            if method is not None:
                self._pending.append((identity, (), None, method, call, "middleware", scope))
                return

    def _decorators(self, function: FunctionInfo) -> None:
        scope: Scope = function.parent or function.module
        for decorator in function.node.decorators:
            if not (isinstance(decorator, Call) and isinstance(decorator.func, Attr)):
                continue
            method = decorator.func.attr
            known = {*_METHODS, "api_route", "websocket", "middleware", "exception_handler"}
            if method not in known or not self._kind(decorator.func.value, scope):
                continue
            identity = self.objects.identity(decorator.func.value, scope)
            path = decorator.argument(0, "path")
            if method in {"middleware", "exception_handler"}:
                kind = "middleware" if method == "middleware" else "handler"
                self._pending.append((identity, (), None, function, decorator, kind, scope))
            elif method == "websocket":
                self._pending.append(
                    (identity, ("WEBSOCKET",), path, function, decorator, "websocket", scope)
                )
            else:
                listed = _items(decorator.keyword("methods"))
                named = tuple(
                    m.value.upper() for m in listed if isinstance(m, Const) and isinstance(m.value, str)
                )
                methods = (named or ("GET",)) if method == "api_route" else (method.upper(),)
                self._pending.append((identity, methods, path, function, decorator, "route", scope))

    # --- assembly ------------------------------------------------------------------------------------------------------

    def _assemble(self) -> None:
        contexts = self._contexts()
        for identity, methods, path, function, decorator, kind, scope in self._pending:
            router = self.routers.get(identity)
            own = self.objects.text(path, scope) if path is not None else ""
            around = contexts.get(identity) or [(router.prefix if router else "", ())]
            for prefix, dependencies in around:
                listed = [*dependencies]
                if router is not None:
                    listed += [(d, router.scope) for d in router.dependencies]
                if decorator is not None:
                    listed += [(d, scope) for d in _items(decorator.keyword("dependencies"))]
                found: dict[str, FunctionInfo] = {}
                for expr, home in listed:
                    provider = self._inference.depends(expr, home)
                    if provider is not None:
                        self._dependencies.add(provider, home, found)
                if kind in {"route", "websocket"}:
                    if function.owner is not None:
                        self._dependencies.of_class(function.owner, found)
                    self._dependencies.of(function, found)
                self.all.append(
                    Route(
                        methods, prefix + own, function, decorator, router, tuple(found.values()), kind, own
                    )
                )

    def _contexts(self) -> dict[str, list[tuple[str, tuple[tuple[Expr, Scope], ...]]]]:
        """For each router the full prefixes it is reachable under, with the dependencies gathered on the way."""
        parents: dict[str, list[tuple[Router, Inclusion]]] = {}
        for router in self.routers.values():
            for inclusion in router.included:
                parents.setdefault(inclusion.child, []).append((router, inclusion))

        def ways(identity: str, seen: tuple[str, ...]) -> list[tuple[str, tuple[tuple[Expr, Scope], ...]]]:
            own = self.routers[identity].prefix if identity in self.routers else ""
            found = []
            for parent, inclusion in parents.get(identity, ()):
                if parent.identity in seen:
                    continue
                listed = [(d, parent.scope) for d in parent.dependencies] + [
                    (d, inclusion.scope) for d in inclusion.dependencies
                ]
                for prefix, dependencies in ways(parent.identity, (*seen, identity)):
                    found.append((prefix + inclusion.prefix + own, (*dependencies, *listed)))
            return found[:8] or [(own, ())]

        return {identity: ways(identity, ()) for identity in self.routers}


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


def _items(expr: Expr | None) -> tuple[Expr, ...]:
    return expr.items if isinstance(expr, Seq) else ()
