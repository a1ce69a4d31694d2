"""Functions that an app or a router is told to run: by decorators, by method calls, by what it is constructed with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.facts import Attr, Call, Const, Expr, Seq
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import FunctionInfo
from pitstop.project.objects import Objects

_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}
_REGISTERS = {*_METHODS, "api_route", "websocket", "middleware", "exception_handler", "on_event"}
APPS = {"fastapi.FastAPI"}
_ROUTERS = {"fastapi.APIRouter", *APPS}
_ADDS = {
    "add_api_route",
    "add_api_websocket_route",
    "add_event_handler",
    "add_exception_handler",
    "add_middleware",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """One function, and what an app or a router runs it for."""

    router: str
    """The identity of the app or router."""
    methods: tuple[str, ...]
    path: Expr | None
    function: FunctionInfo
    node: Call | None
    """The decorator or the call."""
    kind: str
    """route, websocket, middleware, handler (of exceptions), startup."""
    scope: Scope
    """Where the names in `path` and `node` have their meaning."""


class Registrations:
    """Reads registrations off expressions."""

    def __init__(self, index: Index, inference: Inference, objects: Objects) -> None:
        self._index = index
        self._inference = inference
        self._objects = objects

    def kind(self, expr: Expr, scope: Scope) -> str:
        """`fastapi.FastAPI`, `fastapi.APIRouter` or nothing, for the object an expression gives."""
        found = self._inference.type_of(expr, scope)
        if found.kind != "instance":
            return ""
        if found.name in _ROUTERS:
            return found.name
        return next((b for b in self._inference.external_bases(found.name) if b in _ROUTERS), "")

    def of_decorators(self, function: FunctionInfo) -> Iterator[Registration]:
        """What the decorators of a function make of it."""
        scope: Scope = function.parent or function.module
        for decorator in function.node.decorators:
            if isinstance(decorator, Call):
                yield from self._made(decorator, function, scope)

    def of_call(self, call: Call, scope: Scope) -> Iterator[Registration]:
        """What a call on its own makes of functions: `app.add_api_route(...)`, `router.get("/")(function)`."""
        if isinstance(call.func, Call):
            function = self._function(call.args[0] if call.args else None, scope)
            if function is not None:
                yield from self._made(call.func, function, scope)
            return
        if not isinstance(call.func, Attr) or call.func.attr not in _ADDS:
            return
        if not self.kind(call.func.value, scope):
            return
        identity = self._objects.identity(call.func.value, scope)
        method = call.func.attr
        if method == "add_middleware":
            yield from self.of_middleware(call, scope, identity)
        elif method == "add_event_handler":
            first = call.argument(0, "event_type")
            function = self._function(call.argument(1, "func"), scope)
            if function is not None and isinstance(first, Const) and first.value == "startup":
                yield Registration(identity, (), None, function, call, "startup", scope)
        elif method == "add_exception_handler":
            function = self._function(call.argument(1, "handler"), scope)
            if function is not None:
                yield Registration(identity, (), None, function, call, "handler", scope)
        else:
            function = self._function(call.argument(1, "endpoint"), scope)
            if function is not None:
                is_connection = "websocket" in method
                kind = "websocket" if is_connection else "route"
                methods = ("WEBSOCKET",) if is_connection else _named(call) or ("GET",)
                yield Registration(identity, methods, call.argument(0, "path"), function, call, kind, scope)

    def of_construction(self, call: Call, scope: Scope, identity: str) -> Iterator[Registration]:
        """What an app is constructed with: `FastAPI(middleware=[Middleware(...)], on_startup=[...])`."""
        for item in _items(call.keyword("middleware")):
            if isinstance(item, Call):
                yield from self.of_middleware(item, scope, identity)
        for item in _items(call.keyword("on_startup")):
            function = self._function(item, scope)
            if function is not None:
                yield Registration(identity, (), None, function, call, "startup", scope)

    def of_middleware(self, call: Call, scope: Scope, identity: str) -> Iterator[Registration]:
        """The method of a middleware's class that sees each request."""
        found = self._inference.type_of(
            call.args[0] if call.args else call.keyword("middleware_class"), scope
        )
        # Starlette's AuthenticationMiddleware asks its backend on each request.
        backend = self._inference.type_of(call.keyword("backend"), scope)
        for cls, name in ((found, "dispatch"), (found, "__call__"), (backend, "authenticate")):
            method = self._inference.member_function(cls.name, name)
            if method is not None:
                yield Registration(identity, (), None, method, call, "middleware", scope)
                return

    def _made(self, decorator: Call, function: FunctionInfo, scope: Scope) -> Iterator[Registration]:
        """What one decorator makes of a function, also one of the project's own that is handed `router.get`."""
        called = decorator.func
        if isinstance(called, Attr) and called.attr in _REGISTERS and self.kind(called.value, scope):
            yield from self._registered(called, decorator, decorator.argument(0, "path"), function, scope)
            return
        for position, argument in enumerate(decorator.args):
            if isinstance(argument, Attr) and argument.attr in _METHODS and self.kind(argument.value, scope):
                rest = decorator.args[position + 1 :]
                path = decorator.keyword("path") or next((a for a in rest if _is_path(a)), None)
                yield from self._registered(argument, decorator, path, function, scope)
                return

    def _registered(
        self, method: Attr, call: Call, path: Expr | None, function: FunctionInfo, scope: Scope
    ) -> Iterator[Registration]:
        identity = self._objects.identity(method.value, scope)
        match method.attr:
            case "on_event":
                if isinstance(path, Const) and path.value == "startup":
                    yield Registration(identity, (), None, function, call, "startup", scope)
            case "middleware":
                yield Registration(identity, (), None, function, call, "middleware", scope)
            case "exception_handler":
                yield Registration(identity, (), None, function, call, "handler", scope)
            case "websocket":
                yield Registration(identity, ("WEBSOCKET",), path, function, call, "websocket", scope)
            case "api_route":
                yield Registration(identity, _named(call) or ("GET",), path, function, call, "route", scope)
            case verb:
                yield Registration(identity, (verb.upper(),), path, function, call, "route", scope)

    def _function(self, expr: Expr | None, scope: Scope) -> FunctionInfo | None:
        found = self._inference.type_of(expr, scope)
        return self._index.functions.get(found.name) if found.kind == "function" else None


def _named(call: Call) -> tuple[str, ...]:
    listed = _items(call.keyword("methods"))
    return tuple(m.value.upper() for m in listed if isinstance(m, Const) and isinstance(m.value, str))


def _is_path(expr: Expr) -> bool:
    return isinstance(expr, Const) and isinstance(expr.value, str)


def _items(expr: Expr | None) -> tuple[Expr, ...]:
    return expr.items if isinstance(expr, Seq) else ()
