"""Queries whose loader options come from elsewhere, so that nobody can say by reading what they load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Expr, Name, Seq, Star
from pitstop.project.model import FunctionInfo
from pitstop.project.results import QUERY, SELECT

if TYPE_CHECKING:
    from pitstop.project import Project

_DEPTH = 3


def unclear_options(project: Project) -> frozenset[tuple[str, int]]:
    """The places of the queries."""
    found = set()
    for function in project.functions:
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            if not (isinstance(call.func, Attr) and call.func.attr == "options"):
                continue
            statement = project.types.type_of(call.func.value, function)
            if statement.name not in {QUERY, SELECT} or statement.origin is None:
                continue
            if not all(_is_clear(project, argument, function) for argument in call.args):
                found.add(statement.origin)
    return frozenset(found)


def _is_clear(project: Project, expr: Expr, function: FunctionInfo, depth: int = 0) -> bool:
    """Whether a loader option, or a list of them, is written down where it can be read."""
    if depth > _DEPTH:
        return False
    match expr:
        case Star():
            return _is_clear(project, expr.value, function, depth)
        case Seq():
            return all(_is_clear(project, item, function, depth) for item in expr.items)
        case Name():
            bindings = function.bindings.get(expr.id, ())
            return bool(bindings) and all(
                b.how == "annotation"
                or (
                    b.how == "value"
                    and not b.index
                    and isinstance(b.value, Call)
                    and _is_clear(project, b.value, function, depth + 1)
                )
                for b in bindings
            )
        case Call():
            made = project.index.functions.get(project.types.type_of(expr.func, function).name)
            if made is not None:
                return all(_is_clear(project, value, made, depth + 1) for value in made.returns)
            root: Expr = expr
            while isinstance(root, Call | Attr):
                root = root.func if isinstance(root, Call) else root.value
            return isinstance(root, Name)
        case _:
            return False
