"""What is wrapped around an app: its middleware in the order they are added, in every spelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Expr, Name, Seq
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project.routes import Routes

_APPS = {"fastapi.FastAPI", "starlette.applications.Starlette"}
BASE = "fastapi.middleware.BaseHTTPMiddleware"


@dataclass(frozen=True, slots=True)
class Middleware:
    """One middleware added to an app."""

    app: str
    """The identity of the app, as in `Routes.routers`."""
    name: str
    """The canonical name of its class, or the qualified name of its function."""
    node: Call
    """The call that adds it; for a decorator the decorator."""
    scope: Scope
    function: FunctionInfo | None
    """What runs for each request, where it is the project's: `dispatch`, `__call__` or the decorated function."""
    is_base: bool
    """Whether it is a `BaseHTTPMiddleware`, as each function under `@app.middleware` is too."""
    conditional: bool
    guards: tuple[Expr, ...]

    @property
    def module(self) -> Module:
        return self.scope.module if isinstance(self.scope, FunctionInfo) else self.scope

    @property
    def last_name(self) -> str:
        """The name without its package."""
        return self.name.rpartition(".")[2]

    @property
    def owner(self) -> str:
        """The qualified name of what holds the call."""
        return self.scope.qualname if isinstance(self.scope, FunctionInfo) else self.scope.name

    @property
    def route(self) -> str:
        """Its name among the routes."""
        return f"middleware {self.function.name if self.function is not None else self.last_name}"


class MiddlewareStacks:
    """The middleware of all apps of a project."""

    def __init__(self, index: Index, inference: Inference, routes: Routes) -> None:
        self._index = index
        self._inference = inference
        self._routes = routes
        self._decorating = {id(d): f for f in index.functions.values() for d in f.node.decorators}
        self.all: list[Middleware] = []
        for scope in self._scopes("iddleware"):
            for site in sorted(scope.sites, key=lambda site: site.node.at):
                self.all.extend(self._added(site, scope))
        self._settle()

    def of(self, app: str) -> list[Middleware]:
        """The middleware of one app, in the order they are added: the last one sees a request first."""
        return [middleware for middleware in self.all if middleware.app == app]

    def _scopes(self, word: str) -> Iterator[Scope]:
        """Modules that have the word, and their functions."""
        modules = {m.path: m for m in self._index.by_path.values() if word in m.source.text}
        yield from modules.values()
        yield from (f for f in self._index.functions.values() if f.module.path in modules)

    def _added(self, site: Site, scope: Scope) -> Iterator[Middleware]:
        call = site.node
        if not isinstance(call, Call):
            return
        if isinstance(call.func, Attr) and call.func.attr == "add_middleware":
            if self._is_app(call.func.value, scope):
                yield from self._class(call, call.func.value, scope, site)
        elif isinstance(call.func, Attr) and call.func.attr == "middleware":
            function = self._decorating.get(id(call))
            if function is not None and self._is_app(call.func.value, scope):
                yield self._of(call, call.func.value, scope, site, function.qualname, function)
        elif isinstance(call.func, Call) and isinstance(call.func.func, Attr):
            # `app.middleware("http")(function)`
            made = call.func.func
            found = self._inference.type_of(call.args[0] if call.args else None, scope)
            function = self._index.functions.get(found.name) if found.kind == "function" else None
            if function is not None and made.attr == "middleware" and self._is_app(made.value, scope):
                yield self._of(call, made.value, scope, site, function.qualname, function)
        elif call.keyword("middleware") is not None and self._makes_app(call, scope):
            listed, home = self._items(call.keyword("middleware"), scope)
            # The first of the list is the outermost, as if it had been added last.
            for item in reversed(listed):
                if isinstance(item, Call):
                    yield from self._class(item, call, home, site, made_in=scope)

    def _class(
        self, call: Call, app: Expr, scope: Scope, site: Site, made_in: Scope | None = None
    ) -> Iterator[Middleware]:
        first = call.args[0] if call.args else (call.keyword("middleware_class") or call.keyword("cls"))
        found = self._inference.type_of(first, scope)
        if found.kind not in {"class", "external"} or not found.name:
            return
        if found.name == BASE:
            given = self._inference.type_of(call.keyword("dispatch"), scope)
            function = self._index.functions.get(given.name) if given.kind == "function" else None
            name = function.qualname if function is not None else found.name
        else:
            name = found.name
            methods = (self._inference.member_function(name, m) for m in ("dispatch", "__call__"))
            function = next((m for m in methods if m is not None), None)
        yield self._of(call, app, scope, site, name, function, made_in)

    def _of(
        self,
        call: Call,
        app: Expr,
        scope: Scope,
        site: Site,
        name: str,
        function: FunctionInfo | None,
        made_in: Scope | None = None,
    ) -> Middleware:
        identity = self._made_as(app) if made_in else self._routes.objects.identity(app, scope)
        return Middleware(
            app=identity,
            name=name,
            node=call,
            scope=scope,
            function=function,
            is_base=self._is_base(name),
            conditional=site.conditional,
            guards=site.guards,
        )

    def _is_base(self, name: str) -> bool:
        if name not in self._index.classes:
            return name == BASE or name in self._index.functions
        if BASE not in self._inference.external_bases(name):
            return False
        # One that brings its own `__call__` never comes to the costly one.
        return self._inference.member_function(name, "__call__") is None

    def _is_app(self, expr: Expr, scope: Scope) -> bool:
        found = self._inference.type_of(expr, scope)
        if found.kind == "unknown":
            # An app handed to a function without an annotation: the method's name says it.
            return isinstance(expr, Name) and expr.id in {"app", "application", "api"}
        if found.kind != "instance":
            return False
        return found.name in _APPS or bool(_APPS & set(self._inference.external_bases(found.name)))

    def _makes_app(self, call: Call, scope: Scope) -> bool:
        found = self._inference.type_of(call.func, scope)
        return found.name in _APPS or (
            found.kind == "class" and bool(_APPS & set(self._inference.external_bases(found.name)))
        )

    def _items(self, expr: Expr | None, scope: Scope, depth: int = 0) -> tuple[tuple[Expr, ...], Scope]:
        """The items of a list, also of one behind a name or a function that returns it."""
        if isinstance(expr, Seq):
            return expr.items, scope
        if isinstance(expr, Call) and depth < 3:
            found = self._inference.type_of(expr.func, scope)
            function = self._index.functions.get(found.name) if found.kind == "function" else None
            if function is not None and len(function.returns) == 1:
                return self._items(function.returns[0], function, depth + 1)
        if isinstance(expr, Name) and depth < 3:
            local = scope.bindings.get(expr.id, ()) if isinstance(scope, FunctionInfo) else ()
            value = next((b.value for b in local if b.how == "value"), None)
            if value is not None:
                return self._items(value, scope, depth + 1)
            module = scope.module if isinstance(scope, FunctionInfo) else scope
            known = self._index.member(module, expr.id)
            home = self._index.module(known.target) if known is not None else None
            if known is not None and known.how == "value":
                return self._items(known.value, home or module, depth + 1)
        return (), scope

    def _made_as(self, app: Expr) -> str:
        """The identity of the app that a call makes."""
        for identity, router in self._routes.routers.items():
            if router.call is app:
                return identity
        return ""

    def _settle(self) -> None:
        """Give what a function adds to the app in its parameter to the app that it is called with."""
        apps = [router.identity for router in self._routes.apps if router.call is not None]
        settled = []
        for middleware in self.all:
            if middleware.app in apps or not isinstance(middleware.scope, FunctionInfo):
                settled.append(middleware)
                continue
            given = {app: branch for app, branch in self._given(middleware, middleware.scope) if app}
            if len(apps) == 1 and apps[0] not in given:
                given = {apps[0]: False}
            for app, branch in (given or {middleware.app: False}).items():
                settled.append(replace(middleware, app=app, conditional=branch or middleware.conditional))
        self.all = settled

    def _given(self, middleware: Middleware, function: FunctionInfo) -> Iterator[tuple[str, bool]]:
        """The apps that a function is called with, and whether a branch decides if it is."""
        name = middleware.app.rpartition(":")[2]
        position = next((i for i, p in enumerate(function.node.parameters) if p.name == name), None)
        if position is None:
            return
        for scope in self._scopes(function.name):
            for site in scope.sites:
                if isinstance(site.node, Call) and _last(site.node) == function.name:
                    found = self._inference.type_of(site.node.func, scope)
                    if found.name == function.qualname:
                        yield (
                            self._routes.objects.identity(site.node.argument(position, name), scope),
                            site.conditional,
                        )


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
