"""How a statement is put together: the builder calls between `select(...)` and where it is sent, across names and functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.facts import Attr, Await, Call, Expr, IfExp, Name, Op, Star, Walrus
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import FunctionInfo
from pitstop.project.results import QUERY, SELECT

_DEPTH = 8
_BUILT = {SELECT, QUERY}
_BUILDERS = {"distinct", "execution_options", "filter", "filter_by", "group_by", "having", "join", "limit", "offset"} | {
    "options", "order_by", "outerjoin", "slice", "where", "with_for_update",
}  # fmt: skip
"""Methods of statements by which one is known whose type nobody has written down."""


@dataclass(frozen=True, slots=True)
class Part:
    """One builder call of a statement: `select`, `where`, `limit`, ..."""

    method: str
    call: Call
    scope: Scope


@dataclass(frozen=True, slots=True)
class Assembled:
    """A statement as far as reading can follow it."""

    parts: tuple[Part, ...]
    parameters: frozenset[str] = frozenset()
    """Parameters of the function asked about, of which the statement is made: what their callers hand over is not in `parts`."""
    unknown: bool = False
    """Whether some of it could not be followed."""

    def of(self, *methods: str) -> tuple[Part, ...]:
        """The builder calls of these names."""
        return tuple(part for part in self.parts if part.method in methods)


def assemble(types: Inference, expr: Expr | None, scope: Scope) -> Assembled:
    """All builder calls that may take part in the statement an expression gives: those of all branches together."""
    walk = _Walk(types, scope)
    walk.run(expr)
    return Assembled(tuple(walk.parts.values()), frozenset(walk.parameters), walk.unknown)


class _Walk:
    def __init__(self, types: Inference, home: Scope) -> None:
        self._types = types
        self._home = home
        self._seen: set[tuple[int, int]] = set()
        self.parts: dict[int, Part] = {}
        self.parameters: set[str] = set()
        self.unknown = False
        self._names: set[tuple[str, int]] = set()
        self._next: list[tuple[Expr | None, Scope, int]] = []

    def run(self, expr: Expr | None) -> None:
        """Follow an expression to its ends. Not by recursion: a statement may be built in hundreds of steps."""
        todo: list[tuple[Expr | None, Scope, int]] = [(expr, self._home, 0)]
        while todo:
            self._step(*todo.pop())
            todo.extend(reversed(self._next))
            self._next.clear()

    def follow(self, expr: Expr | None, scope: Scope, depth: int) -> None:
        """Go there next."""
        self._next.append((expr, scope, depth))

    def _step(self, expr: Expr | None, scope: Scope, depth: int) -> None:
        if expr is None or depth > _DEPTH:
            self.unknown = True
            return
        if (id(expr), id(scope)) in self._seen:
            return
        self._seen.add((id(expr), id(scope)))
        match expr:
            case Await() | Walrus() | Star():
                self.follow(expr.value, scope, depth)
            case IfExp():
                self.follow(expr.body, scope, depth)
                self.follow(expr.orelse, scope, depth)
            case Op() if expr.op in {"Or", "And"}:
                for operand in expr.operands:
                    self.follow(operand, scope, depth)
            case Call():
                self._call(expr, scope, depth)
            case Name():
                self._name(expr, scope, depth)
            case _:
                self.unknown = True

    def _call(self, call: Call, scope: Scope, depth: int) -> None:
        target = self._types.type_of(call.func, scope)
        if isinstance(call.func, Attr):
            receiver = self._types.type_of(call.func.value, scope)
            if receiver.name in _BUILT or (not receiver and call.func.attr in _BUILDERS):
                self.parts[call.at] = Part(call.func.attr, call, scope)
                self.follow(call.func.value, scope, depth)
                return
        if target.kind == "external" and self._types.type_of(call, scope).name in _BUILT:
            self.parts[call.at] = Part("select", call, scope)
            return
        if target.kind == "function":
            info = self._types.index.functions.get(target.name)
            if info is not None:
                for value in info.returns:
                    self.follow(value, info, depth + 1)
                for argument in (*call.args, *(k.value for k in call.keywords)):
                    if self._types.type_of(argument, scope).name in _BUILT:
                        self.follow(argument, scope, depth + 1)
                return
        self.unknown = True

    def _name(self, name: Name, scope: Scope, depth: int) -> None:
        current = scope if isinstance(scope, FunctionInfo) else None
        while current is not None:
            bindings = current.bindings.get(name.id)
            if bindings:
                if (name.id, id(current)) in self._names:
                    return
                self._names.add((name.id, id(current)))
                for binding in bindings:
                    if binding.how == "value":
                        self.follow(binding.value, current, depth + (0 if not binding.index else 1))
                    elif binding.how == "parameter":
                        if scope is self._home:
                            self.parameters.add(name.id)
                    elif binding.how != "annotation":
                        self.unknown = True
                return
            current = current.parent
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        found = self._types.index.member(module, name.id)
        home = self._types.index.module(found.target) if found is not None else None
        if found is None or found.how != "value" or home is None:
            self.unknown = True
            return
        self.follow(found.value, home, depth + 1)


def options(part: Part) -> Iterator[Expr]:
    """The loader options that an `options(...)` call hands over."""
    for argument in part.call.args:
        inner = argument.value if isinstance(argument, Star) else argument
        items = getattr(inner, "items", None)
        if isinstance(items, tuple):
            yield from items
        else:
            yield inner
