"""How far the conditions of a statement narrow its rows down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.problems.tables import fills_by_itself
from pitstop.project.facts import Attr, Call, Const, Expr, Op, dotted
from pitstop.project.orm import Column, Model
from pitstop.project.statements import Assembled, Part

if TYPE_CHECKING:
    from pitstop.project import Project

_OWNERS = {"account", "company", "customer", "household", "org", "organisation", "organization", "owner", "project"} | {
    "group", "team", "tenant", "user", "workspace",
}  # fmt: skip
_FLAG_CHECKS = {"is_", "is_not", "isnot"}
_FILTERS = ("where", "filter", "filter_by", "having")


def narrowness(project: Project, statement: Assembled, model: Model) -> str | None:
    """`""` where all rows pass but for flags, a column where they are of one owner or parent, None where they may be few."""
    if any(part.method in {"from_self", "select_entity_from", "with_parent"} for part in statement.parts):
        return None
    if any(_may_be_few(project, part) for part in statement.of("join", "select_from", "join_from")):
        return None
    worst = ""
    for part in statement.of(*_FILTERS):
        for found in _conditions(project, part, model):
            if found is None:
                return None
            worst = found or worst
    return worst


def _may_be_few(project: Project, part: Part) -> bool:
    """Whether a join is with something else than a whole table: a subquery may hold a page of keys."""
    for argument in part.call.args[:2]:
        found = project.types.type_of(argument, part.scope)
        is_relation = isinstance(argument, Attr) and bool(
            project.models.relationship(project.types.type_of(argument.value, part.scope).name, argument.attr)
        )
        if found.name not in project.models.all and not is_relation and not isinstance(argument, Op):
            return True
    return False


def _conditions(project: Project, part: Part, model: Model) -> list[str | None]:
    if part.method == "filter_by":
        return [_compared(model, model, model.columns.get(k.name or ""), k.value) for k in part.call.keywords]
    return [_condition(project, part, model, argument) for argument in part.call.args]


def _condition(project: Project, part: Part, model: Model, expr: Expr) -> str | None:
    match expr:
        case Op() if expr.op in {"Eq", "NotEq"} and len(expr.operands) == 2:
            left, right = expr.operands
            found = project.queries.column(left, part.scope)
            if found is None:
                left, right = right, left
                found = project.queries.column(left, part.scope)
            if found is None or project.queries.column(right, part.scope) is not None:
                return None
            if expr.op == "NotEq":
                return ""
            return _compared(model, found[0], found[1], right)
        case Op() if expr.op in {"Invert", "Not"}:
            return "" if project.queries.column(expr.operands[0], part.scope) else None
        case Op() if expr.op in {"BitAnd", "And"}:
            parts = [_condition(project, part, model, operand) for operand in expr.operands]
            return None if None in parts else next((p for p in parts if p), "")
        case Call() if isinstance(expr.func, Attr) and expr.func.attr in _FLAG_CHECKS:
            return "" if project.queries.column(expr.func.value, part.scope) else None
        case Call() if dotted(expr.func).rpartition(".")[2] == "and_":
            parts = [_condition(project, part, model, operand) for operand in expr.args]
            return None if None in parts else next((p for p in parts if p), "")
        case Attr():
            found = project.queries.column(expr, part.scope)
            return "" if found is not None and _is_flag(found[1]) else None
        case _:
            return None


def _compared(model: Model, owner: Model, column: Column | None, value: Expr) -> str | None:
    """What a comparison with a value leaves: all rows but a few, those of an owner or a parent, or perhaps few."""
    if column is None:
        return None
    if fills_by_itself(model) and _is_parent(model, owner, column):
        return f"{owner.table}.{column.name}" if owner is not model else column.name
    if column.primary_key or column.unique:
        return None
    if _is_flag(column) or (isinstance(value, Const) and value.kind in {"bool", "NoneType"}):
        return ""
    if _is_owner(column):
        return column.name
    return None


def _is_parent(model: Model, owner: Model, column: Column) -> bool:
    """Whether a column says whose child a row is: its own foreign key, one of a table between, or the key of the parent."""
    tables = {c.references.rpartition(".")[0] for c in owner.columns.values()}
    if owner is not model and column.primary_key and model.table not in tables:
        return True
    is_key = (column.primary_key and sum(c.primary_key for c in owner.columns.values()) == 1) or column.unique
    to = column.references.rpartition(".")[0]
    return bool(to) and not is_key and to != model.table and (owner is model or model.table in tables)


def _is_flag(column: Column) -> bool:
    return "bool" in column.type_name.lower()


def _is_owner(column: Column) -> bool:
    table = column.references.rpartition(".")[0].rpartition(".")[2]
    words = set(re.split(r"[^a-z]+", f"{table} {column.name}".lower()))
    return bool({word.removesuffix("s") for word in words} & _OWNERS)
