"""Tests of a row that a database could make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.project.facts import (
    Attr,
    Call,
    Const,
    Expr,
    ExprStatement,
    Format,
    Name,
    Op,
    Return,
    Seq,
    dotted,
)
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Model

if TYPE_CHECKING:
    from pitstop.project import Project

COMPARES = {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "Is", "IsNot"}
_AMONG = {"In", "NotIn"}
_OF_TEXT = {"endswith", "startswith"}
_CHANGES_TEXT = {"casefold", "lower", "strip", "upper"}
_OF_ACCOUNTS = {"email", "id", "is_active", "is_superuser", "is_verified"}
"""Columns that the base class of fastapi-users brings along."""


def is_column(expr: Expr, row: str, model: Model) -> bool:
    """Whether an expression is a column of the row, as the database knows its value."""
    if not (isinstance(expr, Attr) and isinstance(expr.value, Name) and expr.value.id == row):
        return False
    column = model.columns.get(expr.attr)
    # What a type of the project's own does to its values (encrypt, parse) only Python can compare.
    return column is not None and "encrypt" not in column.type_name.lower()


def is_value(expr: Expr, row: str) -> bool:
    """Whether an expression is the same for all rows."""
    if isinstance(expr, Const):
        return True
    return isinstance(expr, (Name, Attr)) and dotted(expr).split(".")[0] not in {"", row}


def is_expressible(project: Project, test: Expr, row: str, model: Model, function: FunctionInfo) -> bool:
    """Whether SQL could make a test of a row, however many rows it keeps."""

    def is_text(expr: Expr) -> bool:
        while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.attr in _CHANGES_TEXT:
            expr = expr.func.value
        return is_column(expr, row, model) or _is_of_account(project, expr, row, model)

    def passes(expr: Expr) -> bool:
        match expr:
            case Op() if expr.op == "Not":
                return passes(expr.operands[0])
            case Op() if expr.op in {"And", "Or"}:
                return all(passes(operand) or is_value(operand, row) for operand in expr.operands)
            case Op() if expr.op in COMPARES and len(expr.operands) == 2:
                sides = [is_text(operand) for operand in expr.operands]
                return any(sides) and all(
                    is_side or is_value(operand, row)
                    for operand, is_side in zip(expr.operands, sides, strict=True)
                )
            case Op() if expr.op in _AMONG:
                inner, outer = expr.operands[0], expr.operands[-1]
                items = outer.items if isinstance(outer, Seq) else (outer,)
                if is_text(outer):
                    return is_value(inner, row)
                return is_text(inner) and all(is_value(item, row) for item in items)
            case Call() if isinstance(expr.func, Attr) and expr.func.attr in _OF_TEXT:
                return is_text(expr.func.value) and all(is_value(a, row) for a in expr.args)
            case Call():
                return _is_predicate(project, expr, function) and all(
                    is_text(argument) or is_value(argument, row) for argument in expr.args
                )
            case _:
                return is_text(expr)

    return passes(test)


def _is_of_account(project: Project, expr: Expr, row: str, model: Model) -> bool:
    if not (isinstance(expr, Attr) and isinstance(expr.value, Name) and expr.value.id == row):
        return False
    bases = project.types.external_bases(model.name)
    return expr.attr in _OF_ACCOUNTS and any(base.startswith("fastapi_users") for base in bases)


def _is_predicate(project: Project, call: Call, function: FunctionInfo) -> bool:
    """Whether a function of the project does nothing but compare the texts and numbers that it is handed."""
    target = project.index.functions.get(project.types.type_of(call.func, function).name)
    if target is None or target.is_async or target.owner is not None or call.keywords:
        return False
    body = target.node.body
    if isinstance(body[0], ExprStatement) and isinstance(body[0].value, Const):
        body = body[1:]
    if len(body) != 1 or not isinstance(body[0], Return) or body[0].value is None:
        return False
    return _is_plain(body[0].value, {p.name for p in target.node.parameters})


def _is_plain(expr: Expr, parameters: set[str]) -> bool:
    match expr:
        case Const() | Name():
            return True
        case Attr():
            return dotted(expr).split(".")[0] not in {"", *parameters}
        case Format():
            return all(_is_plain(value, parameters) for value in expr.values)
        case Op():
            return all(_is_plain(operand, parameters) for operand in expr.operands)
        case Call() if isinstance(expr.func, Attr) and expr.func.attr in _OF_TEXT | _CHANGES_TEXT:
            return all(_is_plain(inner, parameters) for inner in (expr.func.value, *expr.args))
        case Call():
            # What it gives is the same for all rows.
            return not expr.args and not expr.keywords and isinstance(expr.func, Name)
        case _:
            return False
