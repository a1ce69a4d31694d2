"""Whether a relationship leads to one or to many where no annotation says so, as SQLAlchemy decides it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pitstop.project.facts import Attr, Call, Const, Expr, Lambda, Name, children, dotted

_COLUMN = re.compile(r"(?:(\w+)\.)?(\w+)\b(?!\s*[.(])")


@dataclass(frozen=True)
class Side:
    """One end of a relationship: the names of its class, of those it derives from and of its table, and its columns.

    `columns` holds what each refers to, `table.column` or "", by attribute.
    """

    names: frozenset[str]
    columns: Mapping[str, str]

    def refers_to(self, other: Side) -> bool:
        """Whether a foreign key here leads there; a schema before the table's name is none of its business."""
        return any(key.split(".")[-2] in other.names for key in self.columns.values() if "." in key)


def is_to_many(call: Call, attribute: str, here: Side, there: Side) -> bool:
    """The cardinality of `attribute = relationship(...)`: by `uselist`, else by the side that the foreign key is on."""
    given = call.keyword("uselist")
    if isinstance(given, Const):
        return given.value is not False
    if call.argument(1, "secondary") is not None:
        return True
    if here == there:
        remote = [*_columns(call.keyword("remote_side")), *_marked(call.keyword("primaryjoin"), "remote")]
        return not any(not here.columns.get(column) for _, column in remote)
    keys = [*_columns(call.keyword("foreign_keys")), *_marked(call.keyword("primaryjoin"), "foreign")]
    for owner, column in keys:
        if owner in there.names - here.names:
            return True
        if owner in here.names or (not owner and column in here.columns):
            return False
    if here.refers_to(there) != there.refers_to(here):
        return there.refers_to(here)
    return f"{attribute}_id" not in here.columns


def _columns(expr: Expr | None) -> Iterator[tuple[str, str]]:
    """The columns that an option names, as (owner, attribute): `[Order.id]`, `customer_id`, `"Order.id"`."""
    match expr:
        case None:
            return
        case Const():
            if isinstance(expr.value, str):
                yield from _COLUMN.findall(expr.value)
        case Name():
            yield "", expr.id
        case Attr():
            yield dotted(expr.value).rpartition(".")[2], expr.attr
        case Lambda():
            yield from _columns(expr.body)
        case _:
            for child in children(expr):
                yield from _columns(child)


def _marked(expr: Expr | None, mark: str) -> Iterator[tuple[str, str]]:
    """The columns that a join condition marks as `foreign(...)` or `remote(...)`."""
    if isinstance(expr, Const) and isinstance(expr.value, str):
        for inside in re.findall(rf"\b{mark}\(([^()]*)\)", expr.value):
            yield from _COLUMN.findall(inside)
    elif isinstance(expr, Call) and dotted(expr.func).rpartition(".")[2] == mark:
        for argument in expr.args:
            yield from _columns(argument)
    elif expr is not None:
        for child in (expr.body,) if isinstance(expr, Lambda) else children(expr):
            yield from _marked(child, mark)
