"""Which parameters of functions hold what a request sent, followed through plain calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Expr, Format, Name, Op, Seq, Star, children

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_FREE = {"str", "int", "float", "bytes", "uuid.UUID", "datetime.datetime", "datetime.date", "decimal.Decimal"}
"""Types of which a client can send as many values as it likes."""
_NAMES_EXISTING = {
    "category", "codec", "dialect", "format", "kind", "lang", "language", "level", "locale", "method", "mode", "model", "name",
    "plugin", "provider", "scope", "section", "template", "theme", "timezone", "type", "tz", "unit", "version",
}  # fmt: skip
"""Words for what is one of a few: whatever else is sent fails, and is not kept."""
_PLAIN_CALLS = {
    "str",
    "int",
    "tuple",
    "repr",
    "hash",
    "lower",
    "upper",
    "strip",
    "encode",
    "format",
    "join",
    "hexdigest",
}


class Inputs:
    """Parameters that a client chooses, by the function's qualified name."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._sent: dict[str, set[str]] = {}
        todo: deque[FunctionInfo] = deque()
        for route in project.routes.all:
            if route.kind != "route":
                continue
            for entry in (route.function, *route.dependencies):
                names = {p.name for p in entry.node.parameters if self._is_free(entry, p.name)}
                names -= {p.name for p in entry.node.parameters if self._is_provided(entry, p.default)}
                if self._add(entry, names):
                    todo.append(entry)
        while todo:
            function = todo.popleft()
            for edge in project.calls.edges(function):
                call = edge.site.node
                if edge.kind != "call" or not isinstance(call, Call):
                    continue
                handed = {n for n, value in _matched(call, edge.target) if self.is_sent(value, function)}
                if self._add(edge.target, {n for n in handed if self._is_free(edge.target, n)}):
                    todo.append(edge.target)

    def of(self, function: FunctionInfo) -> set[str]:
        """The parameters of a function that some request fills as it likes."""
        return self._sent.get(function.qualname, set())

    def is_sent(self, expr: Expr, function: FunctionInfo, depth: int = 0) -> bool:
        """Whether an expression is made of what a request sent."""
        sent = self.of(function)
        if not sent or depth > 4:
            return False
        match expr:
            case Name():
                if expr.id in sent:
                    return True
                bound = function.bindings.get(expr.id, ())
                return any(
                    b.how == "value" and b.value is not None and self.is_sent(b.value, function, depth + 1)
                    for b in bound
                )
            case Format() | Seq() | Op():
                return any(self.is_sent(child, function, depth + 1) for child in children(expr))
            case Star():
                return self.is_sent(expr.value, function, depth + 1)
            case Call():
                last = expr.func.attr if isinstance(expr.func, Attr) else getattr(expr.func, "id", "")
                if last not in _PLAIN_CALLS:
                    return False
                inner = (*expr.args, *((expr.func.value,) if isinstance(expr.func, Attr) else ()))
                return any(self.is_sent(child, function, depth + 1) for child in inner)
            case _:
                return False

    def _add(self, function: FunctionInfo, names: set[str]) -> bool:
        known = self._sent.setdefault(function.qualname, set())
        new = names - known
        known |= new
        return bool(new)

    def _is_free(self, function: FunctionInfo, name: str) -> bool:
        parameter = next(p for p in function.node.parameters if p.name == name)
        if set(name.lower().split("_")) & _NAMES_EXISTING or parameter.annotation is None:
            return False
        found = self._project.types.annotation(parameter.annotation, function.module)
        if "Literal" in function.module.text(parameter.annotation):
            return False
        return found.kind == "instance" and found.name in _FREE

    def _is_provided(self, function: FunctionInfo, default: Expr | None) -> bool:
        return self._project.types.depends(default, function.module) is not None


def _matched(call: Call, target: FunctionInfo) -> Iterator[tuple[str, Expr]]:
    """The parameters that a call fills, each with its value."""
    parameters = [p for p in target.node.parameters if not p.kind.startswith("*")]
    if target.owner is not None and parameters and parameters[0].name in {"self", "cls"}:
        parameters = parameters[1:]
    for parameter, argument in zip(parameters, call.args, strict=False):
        if isinstance(argument, Star):
            break
        yield parameter.name, argument
    names = {p.name for p in parameters}
    for keyword in call.keywords:
        if keyword.name in names:
            assert keyword.name is not None
            yield keyword.name, keyword.value
