"""Indexes that no column declares: in `__table_args__`, by `Index(...)` beside a model, by migrations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Const, Expr, FunctionDef, Seq, With, dotted, string
from pitstop.project.model import Module, walk

if TYPE_CHECKING:
    from pitstop.project.inference import Inference

_CREATE_INDEX = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?\S+\s+ON\s+(?:ONLY\s+)?"
    r"[\"`]?(\w+)[\"`]?\s*(?:USING\s+\w+\s*)?\(([^()]+)\)(?!.*\bWHERE\b)",
    re.IGNORECASE | re.DOTALL,
)


def in_table_arguments(types: Inference, value: Expr | None, module: Module) -> list[tuple[str, ...]]:
    """Columns of each index and key in a `__table_args__`, in order."""
    found = []
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Seq):
            stack.extend(node.items)
        elif isinstance(node, Call):
            name = types.type_of(node.func, module).name.rpartition(".")[2]
            skip = 1 if name == "Index" else 0
            if name in {"Index", "UniqueConstraint", "PrimaryKeyConstraint"} and not is_partial(node):
                columns = tuple(_column_name(a) for a in node.args[skip:])
                if columns and columns[0]:
                    found.append(columns)
    return found


def _column_name(expr: Expr) -> str:
    if isinstance(expr, Const) and isinstance(expr.value, str):
        return expr.value
    if isinstance(expr, Call) and isinstance(expr.func, Attr):
        # An order suffix (`created_at.desc()`) still makes the column usable.
        return (
            _column_name(expr.func.value)
            if expr.func.attr in {"desc", "asc", "nullslast", "nullsfirst"}
            else ""
        )
    return dotted(expr).rpartition(".")[2]


def beside(types: Inference, call: Call, module: Module) -> list[tuple[str, tuple[str, ...]]]:
    """The class and columns of an `Index(...)` that stands beside its model."""
    if (
        dotted(call.func).rpartition(".")[2] != "Index"
        or types.type_of(call.func, module).name != "sqlalchemy.Index"
    ):
        return []
    columns = [a for a in call.args[1:] if isinstance(a, Attr)]
    if not columns or is_partial(call):
        return []
    owner = types.type_of(columns[0].value, module)
    return [(owner.name, tuple(c.attr for c in columns))]


def indexes_after(upgrade: FunctionDef) -> list[tuple[str, tuple[str, ...]]]:
    """The indexes and unique constraints that an upgrade creates and does not drop again, as (table, columns)."""
    made: dict[str, tuple[str, tuple[str, ...]]] = {}
    batches: dict[str, str] = {}
    for statement in walk(upgrade.body):
        if isinstance(statement, With):
            for item in statement.items:
                if isinstance(item.context, Call) and dotted(item.context.func).endswith("batch_alter_table"):
                    batches[dotted(item.target)] = string(item.context.argument(0, "table_name"))
        call = getattr(statement, "value", None)
        if not isinstance(call, Call):
            continue
        owner, _, method = dotted(call.func).rpartition(".")
        if method in {"create_index", "create_unique_constraint"} and not is_partial(call):
            table = batches[owner] if owner in batches else string(call.argument(1, "table_name"))
            columns = call.argument(1 if owner in batches else 2, "columns")
            name = _index_name(call.argument(0, "index_name"))
            if isinstance(columns, Seq):
                made[name or str(len(made))] = (table, tuple(string(c) for c in columns.items))
        elif method in {"drop_index", "drop_constraint"}:
            made.pop(_index_name(call.argument(0, "index_name")), None)
        elif method == "execute":
            for table, columns in _CREATE_INDEX.findall(_sql(call.argument(0, "sqltext"))):
                names = tuple(
                    part.split()[0].strip('"`').lower() for part in columns.split(",") if part.split()
                )
                made[str(len(made))] = (table, names)
    return [(table, columns) for table, columns in made.values() if table and columns and columns[0]]


def _sql(expr: Expr | None) -> str:
    while isinstance(expr, Call) and expr.args:
        expr = expr.args[0]
    return string(expr)


def _index_name(expr: Expr | None) -> str:
    if isinstance(expr, Call) and expr.args:
        return string(expr.args[0])
    return string(expr)


def is_partial(call: Call) -> bool:
    """Whether an index covers only part of the rows, so that a plain filter cannot use it."""
    return any(k.name is not None and k.name.endswith("_where") for k in call.keywords)
