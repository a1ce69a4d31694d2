"""Indexes that no column declares: in `__table_args__`, by `Index(...)` beside a model, by migrations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Expr,
    For,
    FunctionDef,
    Name,
    Seq,
    Statement,
    With,
    dotted,
    string,
)
from pitstop.project.model import Module
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project.inference import Inference

_CREATE_INDEX = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(\S+)\s+ON\s+(?:ONLY\s+)?"
    r"[\"`]?(\w+)[\"`]?\s*(?:USING\s+\w+\s*)?\(([^()]+)\)(?!.*\bWHERE\b)",
    re.IGNORECASE | re.DOTALL,
)

DIRECTIONS = {"asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast"}
"""What says in which order the values of a column are taken."""
_ORDERED = re.compile(
    r"[\"`]?(\w+)[\"`]?(?:\s+(?:ASC|DESC))?(?:\s+NULLS\s+(?:FIRST|LAST))?\s*$", re.IGNORECASE
)


def in_table_arguments(
    types: Inference, value: Expr | None, module: Module, *, partial: bool = False
) -> list[tuple[str, ...]]:
    """Columns of each index and key in a `__table_args__`, in order; of those over part of the rows when `partial`."""
    found = []
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Seq):
            stack.extend(node.items)
        elif isinstance(node, Call):
            name = types.type_of(node.func, module).name.rpartition(".")[2]
            skip = 1 if name == "Index" else 0
            if name in {"Index", "UniqueConstraint", "PrimaryKeyConstraint"} and is_partial(node) is partial:
                columns = tuple(column_name(a) for a in node.args[skip:])
                if columns and columns[0]:
                    found.append(columns)
    return found


def column_name(expr: Expr) -> str:
    """The column that an argument of `Index(...)` means; empty for an expression."""
    if isinstance(expr, Const) and isinstance(expr.value, str):
        return expr.value
    if isinstance(expr, Call):
        # An order (`created_at.desc()`, `desc("created_at")`, `text("created_at DESC")`) leaves the column usable.
        function = dotted(expr.func).rpartition(".")[2]
        if function == "text" and (ordered := _ORDERED.match(string(expr.argument(0, "text")))):
            return ordered[1]
        if function not in DIRECTIONS and getattr(expr.func, "attr", "") not in DIRECTIONS:
            return ""
        return column_name(expr.args[0] if expr.args else getattr(expr.func, "value", expr))
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


_DROP_INDEX = re.compile(r"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?[\"`]?(\w+)", re.IGNORECASE)

_CREATES = re.compile(r"create_(?:\w+_)?(?:index|unique_constraint)")
"""Methods of `op`, and helpers that ask before whether the index is there and take the same arguments."""
_Made = dict[str, tuple[str, tuple[str, ...]]]
_NUMBERS = itertools.count()
"""Names for indexes without one, which none drops."""


def of_migrations(modules: Iterable[Module]) -> list[tuple[str, tuple[str, ...]]]:
    """The indexes and unique constraints that are there when all migrations have run, as (table, columns)."""
    made: dict[str, _Made] = {}
    for module, upgrade in _in_order(modules):
        own = made.setdefault(str(PurePosixPath(module.path).parent), {})
        lists = {
            dotted(target): s.value
            for s in module.source.facts.body
            if isinstance(s, Assign) and isinstance(s.value, Seq)
            for target in s.targets
        }
        for body in _bodies(module, upgrade):
            _upgrade(body, own, lists)
    return [
        (table, columns)
        for own in made.values()
        for table, columns in own.values()
        if table and columns and columns[0]
    ]


def _in_order(modules: Iterable[Module]) -> Iterator[tuple[Module, FunctionDef]]:
    """The upgrades of all migrations, each after those it builds on; by path where nothing says more."""
    upgrades: dict[str, tuple[Module, FunctionDef]] = {}
    revisions: dict[tuple[str, str], str] = {}
    parents: dict[str, list[tuple[str, str]]] = {}
    for module in sorted(modules, key=lambda each: each.path):
        if not module.says("def upgrade") and not module.says("down_revision"):
            continue
        folder = str(PurePosixPath(module.path).parent)
        for statement in module.source.facts.body:
            if isinstance(statement, FunctionDef) and statement.name == "upgrade":
                upgrades[module.path] = (module, statement)
            elif isinstance(statement, Assign) and statement.value is not None:
                names = {target.id for target in statement.targets if isinstance(target, Name)}
                if "revision" in names:
                    revisions[folder, string(statement.value)] = module.path
                elif "down_revision" in names:
                    given = statement.value.items if isinstance(statement.value, Seq) else (statement.value,)
                    parents[module.path] = [(folder, string(each)) for each in given]
    done: set[str] = set()
    for start in upgrades:
        stack = [(start, False)]
        while stack:
            path, are_parents_done = stack.pop()
            if are_parents_done:
                if path in upgrades:
                    yield upgrades[path]
            elif path not in done:
                done.add(path)
                stack.append((path, True))
                stack += [(revisions[p], False) for p in parents.get(path, ()) if p in revisions]


def _bodies(module: Module, upgrade: FunctionDef) -> Iterator[tuple[Statement, ...]]:
    """What an upgrade runs: its own statements, and those of the functions of its file that it calls."""
    functions = {s.name: s for s in module.source.facts.body if isinstance(s, FunctionDef)}
    yield upgrade.body
    called = (getattr(statement, "value", None) for statement in walk(upgrade.body))
    names = dict.fromkeys(dotted(call.func) for call in called if isinstance(call, Call))
    yield from (functions[name].body for name in names if name in functions)


def _upgrade(body: tuple[Statement, ...], made: _Made, lists: Mapping[str, Seq]) -> None:
    """What the statements of an upgrade do to the indexes, which are kept by name. `lists` are those of the file, by name."""
    batches: dict[str, str] = {}
    for statement in walk(body):
        if isinstance(statement, With):
            for item in statement.items:
                if isinstance(item.context, Call) and dotted(item.context.func).endswith("batch_alter_table"):
                    batches[dotted(item.target)] = string(item.context.argument(0, "table_name"))
        if isinstance(statement, For):
            rows = statement.iter if isinstance(statement.iter, Seq) else lists.get(dotted(statement.iter))
            made.update(_listed(rows, statement.body))
        call = getattr(statement, "value", None)
        if not isinstance(call, Call):
            continue
        owner, _, method = dotted(call.func).rpartition(".")
        if _CREATES.search(method) and not is_partial(call):
            table = batches[owner] if owner in batches else string(call.argument(1, "table_name"))
            columns = call.argument(1 if owner in batches else 2, "columns")
            name = _index_name(call.argument(0, "index_name"))
            if isinstance(columns, Seq):
                made[name or f"#{next(_NUMBERS)}"] = (table, tuple(column_name(c) for c in columns.items))
        elif method in {"drop_index", "drop_constraint"}:
            dropped = call.argument(0, "index_name" if method == "drop_index" else "constraint_name")
            made.pop(_index_name(dropped), None)
        elif method == "drop_table":
            gone = string(call.argument(0, "table_name"))
            for key in [key for key, (table, _) in made.items() if table == gone]:
                del made[key]
        elif method == "execute":
            sql = _sql(call.argument(0, "sqltext"))
            for gone in _DROP_INDEX.findall(sql):
                made.pop(gone, None)
            for name, table, columns in _CREATE_INDEX.findall(sql):
                names = tuple(
                    part.split()[0].strip('"`').lower() for part in columns.split(",") if part.split()
                )
                made[name.strip('"`')] = (table, names)


def _listed(
    rows: Seq | None, body: tuple[Statement, ...]
) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """The indexes of `for name, table, columns in ROWS: op.create_index(name, table, columns)`."""
    calls = [call for s in walk(body) if isinstance(call := getattr(s, "value", None), Call)]
    if rows is None or not any(_CREATES.search(dotted(call.func).rpartition(".")[2]) for call in calls):
        return
    for row in rows.items:
        if isinstance(row, Seq) and len(row.items) >= 3 and isinstance(row.items[2], Seq):
            yield (
                string(row.items[0]),
                (string(row.items[1]), tuple(column_name(c) for c in row.items[2].items)),
            )


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
