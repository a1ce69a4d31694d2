"""What stands between a request and a handler: declared providers, and whether one of them asks who is calling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pitstop.project.facts import Call, Expr, Seq, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import FunctionInfo, Type
    from pitstop.project.routers import Router
    from pitstop.project.routes import Route

ASKS = re.compile(
    r"(?:^|_)(?:current|logged_?in|authenticated|active|verified|admin|super)_?(?:active_?|super_?)?"
    r"(?:user|admin|account|member|staff|principal|actor|tenant|organi[sz]ation)"
    r"|authenticat|authori[sz]|require|permission|check_auth|verify_|api_?key|oauth2|bearer|login|jwt|access_token"
    r"|principal|validate_token|is_admin|is_superuser|(?:^|_)auth(?:$|_)",
    re.IGNORECASE,
)
"""Names of dependencies that ask who is calling."""
HINTS = re.compile(
    r"auth|permi|token|secret|signature|api_?key|credential|passw|hmac|csrf|verif|login|logged|cookie|principal"
    r"|security|jwt"
    r"|current_|session_?id|request\.(?:headers|state|user|session|client)|guard|protect|require|is_admin|superuser"
    r"|(?:has|check|ensure|assert|need|allowed)_\w*(?:role|access|owner|user|admin)|whoami|captcha|header|localhost"
    r"|actor",
    re.IGNORECASE,
)
"""Words that tell of a check in a handler or a dependency, in whatever way it is made."""
REFUSES = re.compile(
    r"\b40[13]\b|HTTP_40[13]|unauthori[sz]ed|forbidden|permission.?denied|not_?authenticated", re.IGNORECASE
)
"""What a function says that sends somebody away."""
_OPTIONAL = re.compile(r"optional|maybe|anonymous|_or_none|_if_", re.IGNORECASE)
_NAMELESS = "?"
_DEPTH = 3
_MOST = 60


class Guards:
    """Reads what guards the routes of a project; answers are kept."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._asks: dict[str, bool] = {}

    def required(self, route: Route) -> bool:
        """Whether a dependency of the route, its parameters, class or decorator included, asks who is calling."""
        if any(self._is_asking(function) for function in route.dependencies):
            return True
        return any(
            bool(ASKS.search(name)) and not _OPTIONAL.search(name) for name in self._outside_names(route)
        )

    def asking(self, route: Route) -> frozenset[str]:
        """The names of the dependencies of the route that ask who is calling."""
        return frozenset(f.name for f in route.dependencies if f.name != "__call__" and self._is_asking(f))

    def asked_by_all(self, routes: Iterable[Route]) -> str:
        """The name of the dependency that all of some routes share and that asks who is calling, if there is one."""
        shared: frozenset[str] | None = None
        for route in routes:
            names = self.asking(route)
            shared = names if shared is None else shared & names
        return min(shared or (), default="")

    def is_open(self, route: Route) -> bool:
        """Whether nothing declared for the route, nor anything that it runs, tells of a check."""
        function = route.function
        if _is_unwritten(route.decorator) or any(_may_tell(name) for name in self._outside_names(route)):
            return False
        signature = " ".join(
            function.module.text(part)
            for p in function.node.parameters
            for part in (p.annotation, p.default)
            if part is not None
        )
        if HINTS.search(signature) or any(HINTS.search(p.name) for p in function.node.parameters):
            return False
        if any(
            HINTS.search(function.module.text(d))
            for d in function.node.decorators
            if d is not route.decorator
        ):
            return False
        if HINTS.search(function.module.text(function.node)) or any(
            HINTS.search(d.name) for d in route.dependencies
        ):
            return False
        return not any(
            REFUSES.search(f.module.text(f.node)) for f in self._runs((function, *route.dependencies))
        )

    def is_guarded_around(self, router: Router) -> bool:
        """Whether the router, an app or router that includes it, or a middleware may ask who is calling."""
        around = list(self._around(router))
        for each in around:
            call = each.call
            if call is not None and (call.keyword("route_class") is not None or _is_unwritten(call)):
                return True
            given = [(d, each.scope) for d in each.dependencies]
            given += [(d, i.scope) for i in each.included for d in i.dependencies]
            if any(_is_unwritten(i.node) for i in each.included):
                return True
            if any(self._may_ask(expr, scope) for expr, scope in given):
                return True
        return self._middleware_asks()

    def _around(self, router: Router) -> Iterator[Router]:
        """The router and all that include it, each with the inclusions that lead to it."""
        routers = self._project.routes.routers
        todo, seen = [router.identity], {router.identity}
        yield replace(router, included=[])
        while todo:
            child = todo.pop()
            for parent in routers.values():
                leading = [i for i in parent.included if i.child == child]
                if leading:
                    yield replace(parent, included=leading)
                    if parent.identity not in seen:
                        seen.add(parent.identity)
                        todo.append(parent.identity)

    def _may_ask(self, expr: Expr, scope: Scope) -> bool:
        provider = self._project.types.depends(expr, scope)
        if provider is None:
            return True
        found = self._project.types.type_of(provider, scope)
        function = self._function(found)
        if function is None:
            return True
        text = function.module.text(function.node)
        return bool(HINTS.search(function.name) or HINTS.search(text) or REFUSES.search(text))

    def _middleware_asks(self) -> bool:
        if "middleware" in self._asks:
            return self._asks["middleware"]
        asks = False
        for middleware in self._project.middleware.all:
            function = middleware.function
            if function is None:
                asks = asks or bool(
                    re.search(r"auth|jwt|login|access|token|security", middleware.last_name, re.IGNORECASE)
                )
            else:
                texts = (f.module.text(f.node) for f in self._runs((function,)))
                asks = asks or any(REFUSES.search(text) and HINTS.search(text) for text in texts)
        self._asks["middleware"] = asks
        return asks

    def _outside_names(self, route: Route) -> Iterator[str]:
        """The names of the declared providers that are no functions of the project, such as `users.current_user()`."""
        for provider, scope in self._providers(route):
            if self._function(self._project.types.type_of(provider, scope)) is None:
                yield dotted(provider.func if isinstance(provider, Call) else provider) or _NAMELESS

    def _providers(self, route: Route) -> Iterator[tuple[Expr, Scope]]:
        function = route.function
        types = self._project.types
        outer: Scope = function.parent or function.module
        given: list[tuple[Expr | None, Expr | None, Scope]] = [
            (p.default, p.annotation, outer) for p in function.node.parameters
        ]
        if function.owner is not None:
            for cls in types.mro(function.owner.qualname):
                given += [(a.value, a.annotation, cls.module) for a in cls.attributes.values()]
        if route.decorator is not None:
            listed = route.decorator.keyword("dependencies")
            given += [(item, None, outer) for item in (listed.items if isinstance(listed, Seq) else ())]
        for default, annotation, scope in given:
            provider = types.depends(default, scope)
            if provider is not None:
                yield provider, scope
            elif annotation is not None:
                for metadata, where, _ in types.metadata(annotation, scope):
                    inner = types.depends(metadata, where)
                    if inner is not None:
                        yield inner, where

    def _function(self, found: Type) -> FunctionInfo | None:
        index, types = self._project.index, self._project.types
        if found.kind == "function":
            return index.functions.get(found.name)
        if found.kind == "class" and found.name in index.classes:
            # A class without `__init__` of its own holds parameters only.
            return types.member_function(found.name, "__init__") or next(
                iter(index.classes[found.name].methods.values()), None
            )
        if found.kind == "instance":
            return types.member_function(found.name, "__call__")
        return None

    def _is_asking(self, function: FunctionInfo) -> bool:
        known = self._asks.get(function.qualname)
        if known is None:
            name = function.owner.name + "_" + function.name if function.owner is not None else function.name
            text = function.module.text(function.node)
            known = not _OPTIONAL.search(name) and bool(
                REFUSES.search(text) or (ASKS.search(name) and "return None" not in text)
            )
            self._asks[function.qualname] = known
        return known

    def _runs(self, functions: Iterable[FunctionInfo]) -> Iterator[FunctionInfo]:
        """The functions and what they call, a few calls deep."""
        edge = list(functions)
        seen = {f.qualname for f in edge}
        yield from edge
        for _ in range(_DEPTH):
            found = []
            for function in edge:
                for step in self._project.calls.edges(function):
                    if step.target.qualname not in seen and len(seen) < _MOST:
                        seen.add(step.target.qualname)
                        found.append(step.target)
            yield from found
            edge = found


def _is_unwritten(call: Call | None) -> bool:
    """Whether a call is given dependencies that are not written out in it."""
    given = call.keyword("dependencies") if call is not None else None
    return given is not None and not isinstance(given, Seq)


def _may_tell(name: str) -> bool:
    """Whether a provider of another package, by its name, may ask who is calling."""
    return name == _NAMELESS or bool(HINTS.search(name) or re.search(r"user|role|access|owner|member", name))
