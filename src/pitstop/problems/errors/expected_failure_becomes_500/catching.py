"""Who catches an error: a `try` around it, a decorator, a context manager, a dependency, a middleware, the app."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Expr, Name, Seq, Statement, Try
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.routes import Route

_EVERYTHING = {"", "Exception", "BaseException"}
_FAMILIES = {
    "ValueError": {"ValueError", "UnicodeError"},
    "JSONDecodeError": {"ValueError", "JSONDecodeError"},
    "binascii.Error": {"ValueError", "Error"},
    "KeyError": {"KeyError", "LookupError"},
    "InvalidOperation": {"InvalidOperation", "ArithmeticError"},
    "NoResultFound": {"NoResultFound", "InvalidRequestError", "SQLAlchemyError", "DBAPIError", "StatementError"},
}  # fmt: skip
"""For each error what an `except` may name to catch it."""
_BROKEN = re.compile(r"\b500\b|INTERNAL_SERVER_ERROR")
_CATCHER = re.compile(r"handl|catch|except|error|safe|rescue|guard", re.IGNORECASE)


class Catching:
    """Answers, for an error of a kind at a place, whether anything but the server's own 500 is in its way."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._by_app = cache(self._app_catches)
        self._tries = cache(_tries)

    def around(self, function: FunctionInfo, site: Site, error: str) -> bool:
        """Whether something in the function, or around it as a decorator, catches the error at this site."""
        at = site.node.at
        if any(start <= at <= end and _names(names, error) for start, end, names in self._tries(function)):
            return True
        for block in site.withs:
            for item in block.items:
                if isinstance(item.context, Call) and self._manages(item.context, function, error):
                    return True
        return any(self._wraps(decorator, function) for decorator in function.node.decorators)

    def beyond(self, route: Route, error: str) -> bool:
        """Whether the app, its middleware, the router or a dependency that waits for the answer catches the error."""
        if self._by_app(error):
            return True
        call = route.router.call if route.router is not None else None
        if call is not None and call.keyword("route_class") is not None:
            return True
        return any(
            dependency.yields and any(_names(names, error) for _, _, names in self._tries(dependency))
            and "HTTPException" in dependency.module.text(dependency.node)
            for dependency in route.dependencies
        )  # fmt: skip

    def _app_catches(self, error: str) -> bool:
        named = re.compile(rf"\b(?:{'|'.join(sorted(_FAMILIES[error]))})\b")
        if any(
            module.says("exception_handler") and named.search(module.source.text)
            for module in self._project.index.by_path.values()
        ) or any(_answers_all(route) for route in self._project.routes.all if route.kind == "handler"):
            return True
        return any(
            middleware.function is not None
            and "except" in (text := middleware.function.module.text(middleware.function.node))
            and bool(named.search(text) or re.search(r"\b4\d\d\b|HTTP_4", text))
            for middleware in self._project.middleware.all
        )

    def _manages(self, call: Call, function: FunctionInfo, error: str) -> bool:
        last = _last(call.func)
        if last == "suppress":
            return True
        for target in self._project.calls.targets(call, function):
            body = target
            if target.name == "__init__" and target.owner is not None:
                leave = target.owner.methods.get("__exit__") or target.owner.methods.get("__aexit__")
                if leave is not None and "return True" in leave.module.text(leave.node):
                    return True
            if any(_names(names, error) for _, _, names in self._tries(body)):
                return True
        return bool(_CATCHER.search(last))

    def _wraps(self, decorator: Expr, function: FunctionInfo) -> bool:
        """Whether a decorator has an `except` of its own, or a name that says so."""
        target = decorator.func if isinstance(decorator, Call) else decorator
        found = self._project.types.type_of(target, function.parent or function.module)
        info = self._project.index.functions.get(found.name) if found.kind == "function" else None
        if info is not None:
            return "except" in info.module.text(info.node)
        return bool(_CATCHER.search(_last(target)))


def _answers_all(handler: Route) -> bool:
    """Whether a handler of whatever error happens answers otherwise than with 500."""
    function, node = handler.function, handler.decorator
    return (
        node is not None
        and _last(node.argument(0, "exc_class_or_status_code")) == "Exception"
        and _BROKEN.search(function.module.text(function.node)) is None
    )


def _tries(function: FunctionInfo) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """First and last place of each `try`, and what is caught."""
    found = []
    for statement in function.statements:
        if isinstance(statement, Try) and statement.body and statement.handlers:
            names: list[str] = []
            for handler in statement.handlers:
                kinds = handler.type.items if isinstance(handler.type, Seq) else (handler.type,)
                names.extend(_last(kind) for kind in kinds)
            found.append((statement.body[0].at, _end(statement.body[-1]), tuple(names)))
    return tuple(found)


def _end(statement: Statement) -> int:
    _, _, line, _ = statement.span
    return (line + 1) << 40


def _names(names: tuple[str, ...], error: str) -> bool:
    """Whether an `except` with these names catches the error; a tuple behind a name of its own may."""
    return any(name in _EVERYTHING or name in _FAMILIES[error] or name.isupper() for name in names)


def _last(expr: Expr | None) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
