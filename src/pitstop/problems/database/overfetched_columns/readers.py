"""What is read of the rows of a class on the way of requests, by names; and when that cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Await, Call, Comp, Const, Dict, Format, IfExp, Name, Op, Seq, Sub
from pitstop.project.mentions import Mentions, whole

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr
    from pitstop.project.model import FunctionInfo
    from pitstop.project.routes import Route

_DEEP = 8
_PLAIN = {
    "str",
    "int",
    "float",
    "bool",
    "bytes",
    "NoneType",
    "datetime.datetime",
    "datetime.date",
    "uuid.UUID",
    "decimal.Decimal",
}
_WRITES_OUT = {
    "DataFrame",
    "asdict",
    "copy",
    "deepcopy",
    "dump",
    "dumps",
    "pickle",
    "serialize",
    "to_dict",
    "to_json",
    "vars",
}
"""Functions of other packages that may read all that a row holds."""


class Readers:
    """Names read by each route."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._mentions = Mentions(project)
        self._writes: dict[str, bool] = {}

    def of(self, routes: Sequence[Route], model: str) -> set[str] | None:
        """The names that these routes may read of rows of a class; None where one of them may read any."""
        if not routes or any(route.kind != "route" for route in routes):
            return None
        read: set[str] = set()
        for route in routes:
            if not (self._has_schema(route) or self._tells_what_it_sends(route)):
                return None
            mentioned = self._mentions.of_route(route)
            if mentioned.anything or mentioned.walks or whole(model) in mentioned.attributes:
                return None
            if any(self._writes_out(name) for name in self._way(route)):
                return None
            read |= mentioned.attributes
        return read

    def _has_schema(self, route: Route) -> bool:
        """Whether the answer is declared, by classes that are no models."""
        declared = route.decorator.keyword("response_model") if route.decorator is not None else None
        declared = declared or route.function.node.returns
        if declared is None:
            return False
        names = self._classes(declared, route.function)
        return bool(names) and not any(self._is_mapped(name) for name in names)

    def _tells_what_it_sends(self, route: Route) -> bool:
        """Whether a handler without a schema puts its answer together piece by piece, and no row is a piece of it."""
        declared = route.decorator.keyword("response_model") if route.decorator is not None else None
        known = (
            self._classes(route.function.node.returns, route.function)
            if route.function.node.returns
            else set()
        )
        if declared is not None or known or not route.function.returns or route.function.yields:
            return False
        return all(self._is_piece(value, route.function) for value in route.function.returns)

    def _is_piece(self, expr: Expr | None, function: FunctionInfo, depth: int = 0) -> bool:
        if depth > _DEEP:
            return False
        match expr:
            case None | Const() | Format():
                return True
            case Dict():
                parts: list[Expr | None] = list(expr.values)
            case Seq():
                parts = list(expr.items)
            case Op():
                parts = list(expr.operands)
            case Comp():
                parts = list(expr.elements)
            case IfExp():
                parts = [expr.body, expr.orelse]
            case Await():
                parts = [expr.value]
            case Attr():
                return self._is_column(expr, function) or self._is_plain(expr, function)
            case Call() if self._is_plain(expr, function):
                return True
            case Call() if isinstance(expr.func, Attr):
                parts = [expr.func.value, *expr.args, *(k.value for k in expr.keywords)]
            case Name() if not self._is_plain(expr, function):
                bound = function.bindings.get(expr.id, ())
                parts = [b.value for b in bound if b.how == "value" and not b.index]
                if len(parts) != len(bound) or not all(isinstance(p, (Comp, Dict)) for p in parts):
                    return False
            case _:
                return self._is_plain(expr, function)
        return all(self._is_piece(part, function, depth + 1) for part in parts)

    def _is_column(self, expr: Attr, function: FunctionInfo) -> bool:
        model = self._project.models.all.get(self._project.types.type_of(expr.value, function).name)
        return model is not None and expr.attr in model.columns

    def _is_plain(self, expr: Expr, function: FunctionInfo) -> bool:
        """Whether something is a plain value, or an object or a list of objects of a class that is no model."""
        found = self._project.types.type_of(expr, function)
        if found.name == "list" and found.args:
            found = found.args[0]
        if found.kind != "instance" or self._is_mapped(found.name):
            return False
        return found.name in _PLAIN or found.name in self._project.index.classes

    def _is_mapped(self, name: str) -> bool:
        return any(cls.qualname in self._project.models.all for cls in self._project.types.mro(name))

    def _classes(self, expr: Expr, function: FunctionInfo) -> set[str]:
        found: set[str] = set()
        todo: list[Expr] = [expr]
        while todo:
            node = todo.pop()
            match node:
                case Sub():
                    todo += [node.value, node.index]
                case Seq():
                    todo += node.items
                case Op():
                    todo += node.operands
                case Name() | Attr():
                    kind = self._project.types.annotation(node, function)
                    found |= {
                        one.name for one in (kind, *kind.args) if one.name in self._project.index.classes
                    }
        return found

    def _way(self, route: Route) -> set[str]:
        seen: set[str] = set()
        todo = [route.function, *route.dependencies]
        while todo:
            function = todo.pop()
            if function.qualname not in seen:
                seen.add(function.qualname)
                todo.extend(edge.target for edge in self._project.calls.edges(function))
        return seen

    def _writes_out(self, name: str) -> bool:
        known = self._writes.get(name)
        if known is None:
            known = self._writes[name] = any(
                (s.node.func.attr if isinstance(s.node.func, Attr) else getattr(s.node.func, "id", ""))
                in _WRITES_OUT
                for s in self._project.index.functions[name].calls
                if isinstance(s.node, Call)
            )
        return known
