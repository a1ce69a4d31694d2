"""What becomes of the rows of a query: whether all of them are taken into memory, and what is then done with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pitstop.project.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Comp,
    Expr,
    Lambda,
    Name,
    Node,
    Statement,
    Walrus,
    children,
    expressions,
)
from pitstop.project.model import FunctionInfo
from pitstop.project.queries import Query

_PASSES = {
    "columns",
    "enable_eagerloads",
    "execution_options",
    "mappings",
    "partitions",
    "scalars",
    "tuples",
    "unique",
    "yield_per",
}
_ALL = {"all", "fetchall"}
_COPIES = {"list", "set", "tuple", "sorted", "frozenset"}
Amount = Literal["all", "each", "one", "unknown"]
"""all: a list of all rows; each: gone through one by one; one: at most one row."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One way the rows of a query are taken: the expression that holds them."""

    amount: Amount
    node: Expr


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a value: the expression that stands for it, and what holds that expression."""

    node: Expr
    parent: Node | None


class Flow:
    """Where the values of expressions go within one function."""

    def __init__(self, function: FunctionInfo) -> None:
        self.function = function
        self._parents: dict[int, Node] = {}
        self._names: dict[str, list[Name]] = {}
        for statement in function.statements:
            self._enter(statement)

    def parent(self, expr: Expr) -> Node | None:
        """The expression or statement that an expression stands in."""
        return self._parents.get(id(expr))

    def names(self, name: str) -> list[Name]:
        """All places where a local name stands, those that it is bound at included."""
        return self._names.get(name, [])

    def uses(self, expr: Expr) -> Iterator[Use]:
        """Where a value goes: the first place that is more than an `await`, a name, or a copy as a list."""
        yield from self._uses(expr, set())

    def _uses(self, expr: Expr, seen: set[str]) -> Iterator[Use]:
        parent = self.parent(expr)
        match parent:
            case Await():
                yield from self._uses(parent, seen)
            case Walrus() if isinstance(parent.target, Name):
                yield from self._uses(parent, seen)
                yield from self._named(parent.target.id, seen, besides=parent.target)
            case Assign() if parent.value is expr:
                for target in parent.targets:
                    if isinstance(target, Name):
                        yield from self._named(target.id, seen, besides=target)
                    else:
                        yield Use(expr, parent)
            case _:
                yield Use(expr, parent)

    def _named(self, name: str, seen: set[str], besides: Name) -> Iterator[Use]:
        if name in seen:
            return
        seen.add(name)
        for place in self.names(name):
            parent = self.parent(place)
            is_target = isinstance(parent, Assign) and any(t is place for t in parent.targets)
            if place is not besides and not is_target:
                yield from self._uses(place, seen)

    def taken(self, query: Query) -> Iterator[Taken]:
        """How the rows of a query of this function are taken."""
        call = query.site.node
        if query.method in {"get", "get_one", "scalar", "first", "one", "one_or_none", "count"}:
            yield Taken("one", call)
        elif query.method == "all":
            yield Taken("all", call)
        else:
            for use in self.uses(call):
                yield from self._taken(use)

    def _taken(self, use: Use) -> Iterator[Taken]:
        parent = use.parent
        match parent:
            case Attr():
                outer = self.parent(parent)
                if not (isinstance(outer, Call) and outer.func is parent):
                    yield Taken("unknown", use.node)
                elif parent.attr in _PASSES:
                    for further in self.uses(outer):
                        yield from self._taken(further)
                elif parent.attr in _ALL:
                    yield Taken("all", outer)
                elif parent.attr.startswith(("first", "one", "scalar", "fetch")):
                    yield Taken("one", outer)
                else:
                    yield Taken("unknown", use.node)
            case Call() if isinstance(parent.func, Name) and parent.func.id in _COPIES:
                yield Taken("all", parent)
            case Comp() if any(g.iter is use.node for g in parent.generators):
                yield Taken("each", use.node)
            case _ if type(parent).__name__ == "For" and getattr(parent, "iter", None) is use.node:
                yield Taken("each", use.node)
            case _:
                yield Taken("unknown", use.node)

    def _enter(self, statement: Statement) -> None:
        todo: list[Expr] = []
        for expr in expressions(statement):
            self._parents[id(expr)] = statement
            todo.append(expr)
        while todo:
            node = todo.pop()
            if isinstance(node, Name):
                self._names.setdefault(node.id, []).append(node)
            for inner in _inside(node):
                self._parents[id(inner)] = node
                todo.append(inner)


def _inside(node: Expr) -> Iterator[Expr]:
    if isinstance(node, Comp):
        yield from node.elements
        for generator in node.generators:
            yield generator.target
            yield generator.iter
            yield from generator.ifs
    elif isinstance(node, Lambda):
        yield node.body
    else:
        yield from children(node)
        if isinstance(node, Walrus):
            yield node.target
