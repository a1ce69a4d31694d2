"""What a statement loads along: the loader options as paths of relationships."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.facts import Attr, Call, Expr
from pitstop.project.inference import Inference, Scope
from pitstop.project.orm import Relationship
from pitstop.project.statements import Assembled, Part, options

_LOADERS = {"contains_eager", "defaultload", "immediateload", "joinedload", "lazyload", "noload", "raiseload"} | {
    "selectinload", "subqueryload",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Eager:
    """One relationship on the path of a loader option."""

    loader: str
    """`joinedload`, `selectinload`, ..."""
    relation: Relationship
    above: tuple[Eager, ...]
    """Those before it on the path, from the selected class on."""
    node: Expr
    part: Part

    @property
    def path(self) -> str:
        """`Order.items.product`."""
        first = self.above[0] if self.above else self
        names = [e.relation.name for e in (*self.above, self)]
        return ".".join([first.relation.model.rpartition(".")[2], *names])


def eager(types: Inference, statement: Assembled) -> Iterator[Eager]:
    """Every relationship that the loader options of a statement name."""
    for part in statement.of("options"):
        for option in options(part):
            yield from _chain(types, option, part, ())


def _chain(types: Inference, expr: Expr, part: Part, above: tuple[Eager, ...]) -> tuple[Eager, ...]:
    if not isinstance(expr, Call):
        return ()
    func = expr.func
    name = func.attr if isinstance(func, Attr) else getattr(func, "id", "")
    before: tuple[Eager, ...] = ()
    if isinstance(func, Attr) and isinstance(func.value, Call):
        before = _chain(types, func.value, part, above)
        above = _last_path(before) or above
    if name == "options":
        inner: tuple[Eager, ...] = before
        for argument in expr.args:
            inner = (*inner, *_chain(types, argument, part, above))
        return inner
    if name not in _LOADERS:
        return before
    found = list(before)
    for argument in expr.args:
        relation = _relation(types, argument, part.scope)
        if relation is None:
            return tuple(found)
        one = Eager(name, relation, above, argument, part)
        found.append(one)
        above = (*above, one)
    return tuple(found)


def _last_path(found: tuple[Eager, ...]) -> tuple[Eager, ...]:
    return (*found[-1].above, found[-1]) if found else ()


def _relation(types: Inference, expr: Expr, scope: Scope) -> Relationship | None:
    if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.attr in {"of_type", "and_"}:
        expr = expr.func.value
    if not isinstance(expr, Attr):
        return None
    owner = types.type_of(expr.value, scope)
    return types.models.relationship(owner.name, expr.attr) if owner.kind == "class" else None
