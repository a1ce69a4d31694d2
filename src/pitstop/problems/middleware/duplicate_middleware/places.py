"""Whether two middleware are both added to the app at hand, from where each is added."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.facts import Assign, Attr, Call, Expr, Name, Return, dotted
from pitstop.project.model import FunctionInfo, Module

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.middleware import Middleware
    from pitstop.project.sites import Site

_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|conftest)(?:[/_.]|$)|(?:^|/)test_|_test\.py$")
_DEEP = 3


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two middleware on one app: `outer` is added last, as far as that is known."""

    inner: Middleware
    outer: Middleware
    sure: bool
    """Whether both are there whenever the app is made; else `outer` is added by another module, once that is imported."""


class Places:
    """Where middleware are added."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._paths = Counter(module.name for module in project.index.by_path.values())

    def meet(self, first: Middleware, second: Middleware) -> Meeting | None:
        """How two come together on one app; None if it is not known whether they do."""
        both = (first, second)
        if not all(self._is_sure(middleware) for middleware in both):
            return None
        made_in = self._made_in(first.app)
        if made_in is not None and self._is_remade(first.app, made_in):
            return None
        if first.scope is second.scope and not any(_is_listed(m) for m in both):
            return Meeting(first, second, sure=True) if _is_one_way(first, second) else None
        if made_in is None:
            return None
        homes = [self._home(middleware, made_in) for middleware in both]
        # Of what two other modules add, a service may import the one or the other.
        if None in homes or "" not in homes:
            return None
        inner, outer = both if homes[0] == "" else both[::-1]
        return Meeting(inner, outer, sure=homes == ["", ""])

    def _made_in(self, app: str) -> Scope | None:
        """The module or function that makes an app and gives it its name."""
        router = self._project.routes.routers.get(app)
        if router is None or router.call is None:
            return None
        head = app.rpartition(":")[0]
        return self._project.index.module(head) or self._project.index.functions.get(head)

    def _is_remade(self, app: str, made_in: Scope) -> bool:
        """Whether the name of an app means more than one object, or one in each of several modules of one name."""
        bound = made_in.bindings.get(app.rpartition(":")[2], ())
        return sum(b.how == "value" for b in bound) > 1 or self._paths[_module(made_in).name] > 1

    def _is_sure(self, middleware: Middleware) -> bool:
        """Whether nothing around the call decides if it runs, and it runs once."""
        scope = middleware.scope
        if middleware.conditional or _TESTS.search(middleware.module.path):
            return False
        site = next((s for s in scope.sites if s.node is middleware.node), None)
        if site is None:
            return False
        # What is in a list is added by the call that makes the app, not where the list is written.
        return _is_plain(site, middleware.module if _is_listed(middleware) else scope)

    def _home(self, middleware: Middleware, made_in: Scope) -> str | None:
        """Nothing where it is added to each such app; the path of a module that does it when imported; None if not known."""
        if _is_listed(middleware):
            return ""
        return self._ran(middleware.scope, _receiver(middleware.node), middleware.app, made_in)

    def _ran(self, scope: Scope, given: Expr | None, app: str, made_in: Scope, depth: int = 0) -> str | None:
        """The same for a scope that is handed the app, or knows it by name, as `given`."""
        objects = self._project.routes.objects
        if scope is made_in:
            return ""
        if isinstance(scope, Module):
            # Several apps that one factory makes are told apart by their names only.
            return scope.path if sum(objects.named(scope, n) == app for n in scope.bindings) == 1 else None
        if depth > _DEEP or not isinstance(given, Name):
            return None
        position = next((i for i, p in enumerate(scope.node.parameters) if p.name == given.id), None)
        if position is None and given.id in scope.bindings:
            return None
        found: list[str] = []
        for caller, site in self._callers(scope):
            assert isinstance(site.node, Call)
            if _TESTS.search(_module(caller).path) or not _is_plain(site, caller):
                continue
            handed = site.node.argument(position, given.id) if position is not None else given
            if (
                position is not None
                and objects.identity(handed, caller) != app
                and not _is_handed(handed, caller)
            ):
                continue
            where = self._ran(caller, handed, app, made_in, depth + 1)
            if where is not None:
                found.append(where)
        return min(found, default=None)

    def _callers(self, function: FunctionInfo) -> Iterator[tuple[Scope, Site]]:
        """The calls of a function, with what they stand in."""
        if function.owner is not None:
            return
        index, types = self._project.index, self._project.types
        modules = {m.path: m for m in index.by_path.values() if m.says(function.name)}
        scopes: list[Scope] = [
            *modules.values(),
            *(f for f in index.functions.values() if f.module.path in modules),
        ]
        for scope in scopes:
            for site in scope.sites:
                if (
                    isinstance(site.node, Call)
                    and types.type_of(site.node.func, scope).name == function.qualname
                ):
                    yield scope, site


def _is_listed(middleware: Middleware) -> bool:
    """Whether it stands in the list that an app is made with."""
    func = middleware.node.func
    return not isinstance(func, Call) and not (
        isinstance(func, Attr) and func.attr in {"add_middleware", "middleware"}
    )


def _is_one_way(inner: Middleware, outer: Middleware) -> bool:
    """Whether two calls of one scope are both of one object, by a name that means nothing else there."""
    one, other = (_receiver(m.node) for m in (inner, outer))
    if one is None or other is None or dotted(one) != dotted(other):
        return False
    bound = inner.scope.bindings.get(dotted(one).partition(".")[0], ())
    statements = inner.scope.statements if isinstance(inner.scope, FunctionInfo) else ()
    targets = [t for s in statements if isinstance(s, Assign) for t in s.targets]
    return (
        bool(dotted(one))
        and sum(b.how != "annotation" for b in bound) <= 1
        and sum(dotted(target) == dotted(one) for target in targets) <= 1
    )


def _is_handed(expr: Expr | None, scope: Scope) -> bool:
    """Whether a function passes on what it got as a parameter."""
    return (
        isinstance(expr, Name)
        and isinstance(scope, FunctionInfo)
        and any(p.name == expr.id for p in scope.node.parameters)
    )


def _receiver(call: Call) -> Expr | None:
    """What a middleware is added to: `app` in `app.add_middleware(...)` and `app.middleware("http")(function)`."""
    func = call.func.func if isinstance(call.func, Call) else call.func
    return func.value if isinstance(func, Attr) else None


def _module(scope: Scope) -> Module:
    return scope.module if isinstance(scope, FunctionInfo) else scope


def _is_plain(site: Site, scope: Scope) -> bool:
    """Whether a site runs once each time that its scope does: no branch, no loop, no way out before it."""
    if site.conditional or site.rescue or site.loops or site.in_lambda:
        return False
    return not isinstance(scope, FunctionInfo) or not any(
        isinstance(statement, Return) and statement.line < site.node.line for statement in scope.statements
    )
