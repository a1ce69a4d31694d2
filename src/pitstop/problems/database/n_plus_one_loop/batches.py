"""One statement for all turns of a loop, by the shape of the query that each turn sends."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pitstop.errors import PatchError

_CHAIN = {"where", "filter", "order_by", "options", "select_from", "join", "outerjoin", "execution_options"}


@dataclass(frozen=True)
class Shape:
    """A query taken apart: what is asked, on which session, by which column for which key of the turn."""

    kind: str
    """get: one row by its primary key. one: one row by a column. rows: several by a column. count: how many by a column."""
    session: ast.expr
    is_async: bool
    key: ast.expr
    """The key of one turn, in terms of the loop's variable."""
    column: ast.expr | None = None
    statement: ast.expr | None = None
    model: ast.expr | None = None
    condition: ast.Compare | None = field(default=None, compare=False)
    method: str = "scalars"
    """How rows are asked of the session: `scalars`, or SQLModel's `exec`."""
    gives_list: bool = False
    """Whether each turn gets a list, and not a result to go through once."""


def take_apart(value: ast.expr, names: set[str]) -> Shape:
    """The shape of the query in `value`, whose keys depend on the loop's `names`. Raises PatchError for other shapes."""
    inner, unwrapped, listed, defaulted = value, [], False, False
    while True:
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "list":
            if len(inner.args) != 1:
                break
            inner, listed = inner.args[0], True
        elif (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and not inner.args
            and not inner.keywords
        ):
            unwrapped.append(inner.func.attr)
            inner = inner.func.value
        elif (
            isinstance(inner, ast.BoolOp)
            and isinstance(inner.op, ast.Or)
            and ast.unparse(inner.values[-1]) == "0"
        ):
            inner, defaulted = inner.values[0], True
        else:
            break
    is_async = isinstance(inner, ast.Await)
    call = inner.value if isinstance(inner, ast.Await) else inner
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not call.args:
        raise PatchError("the query is not sent in a way that pitstop can batch")
    session, method = call.func.value, call.func.attr
    if _uses(session, names):
        raise PatchError("each turn of the loop uses a session of its own")
    if method == "get" and len(call.args) == 2 and not call.keywords and not unwrapped:
        return Shape("get", session, is_async, call.args[1], model=call.args[0])
    if any(isinstance(n, ast.Attribute) and n.attr == "query" for n in ast.walk(call)):
        raise PatchError("the query is written with `session.query`, which pitstop does not batch yet")
    if method not in {"scalars", "scalar", "execute", "exec"} or len(call.args) > 1 or call.keywords:
        raise PatchError(f"`{method}` with these arguments cannot be batched")
    shape = _select(method, unwrapped[::-1], session, is_async, call.args[0], names)
    if defaulted and shape.kind != "count":
        raise PatchError("what the query returns cannot be told apart by key")
    return replace(shape, gives_list=listed or "all" in unwrapped or "fetchall" in unwrapped)


_ROWS = {
    "scalars": ((), ("all",), ("fetchall",)),
    "execute": (("scalars",), ("scalars", "all")),
    "exec": ((), ("all",)),
}
_ONE = {
    "scalar": ((),),
    "scalars": (("first",), ("one_or_none",)),
    "execute": (("scalar_one_or_none",), ("scalar",), ("scalars", "first"), ("scalars", "one_or_none")),
    "exec": (("first",), ("one_or_none",)),
}
_COUNT = {
    "scalar": ((),),
    "execute": (("scalar",), ("scalar_one",)),
    "exec": (("one",), ("first",)),
}


def _select(
    method: str, unwrapped: list[str], session: ast.expr, is_async: bool, statement: ast.expr, names: set[str]
) -> Shape:
    head = _head(statement)
    conditions = [c for c in _conditions(statement) if _uses(c, names)]
    if len(conditions) != 1 or _count_uses(statement, names) != _count_uses(conditions[0], names):
        raise PatchError(
            "the query depends on the turn of the loop in more than one place, or on what the loop works out"
        )
    condition = conditions[0]
    if (
        not isinstance(condition, ast.Compare)
        or len(condition.ops) != 1
        or not isinstance(condition.ops[0], ast.Eq)
    ):
        raise PatchError("the query does not look rows up by one equal value")
    left, right = condition.left, condition.comparators[0]
    column, key = (left, right) if _uses(right, names) else (right, left)
    if _uses(column, names) or not isinstance(column, ast.Attribute):
        raise PatchError("the query compares something else than a column with the loop's value")
    shape = Shape("rows", session, is_async, key, column, statement, None, condition)
    way = tuple(unwrapped)
    if len(head.args) == 1 and _is_count(head.args[0]):
        if way in _COUNT.get(method, ()):
            return replace(shape, kind="count")
    elif len(head.args) == 1:
        if way in _ROWS.get(method, ()):
            return replace(shape, model=head.args[0], method="exec" if method == "exec" else "scalars")
        if way in _ONE.get(method, ()):
            return replace(
                shape, kind="one", model=head.args[0], method="exec" if method == "exec" else "scalars"
            )
    raise PatchError("what the query returns cannot be told apart by key")


def _head(statement: ast.expr) -> ast.Call:
    """The `select(...)` at the start of a chain."""
    node = statement
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHAIN:
            node = node.func.value
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "select" and node.args:
            return node
        raise PatchError(f"`{name}` in the query cannot be batched" if name else "the query cannot be read")
    raise PatchError("the statement is built elsewhere")


def _conditions(statement: ast.expr) -> list[ast.expr]:
    found: list[ast.expr] = []
    for node in ast.walk(statement):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"where", "filter"}
        ):
            for argument in node.args:
                found.extend(_parts(argument))
    return found


def _parts(condition: ast.expr) -> list[ast.expr]:
    if isinstance(condition, ast.BinOp) and isinstance(condition.op, ast.BitAnd):
        return [*_parts(condition.left), *_parts(condition.right)]
    return [condition]


def _is_count(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Call) and ast.unparse(expr.func) in {"func.count", "count"}


def _uses(expr: ast.AST, names: set[str]) -> bool:
    return _count_uses(expr, names) > 0


def _count_uses(expr: ast.AST, names: set[str]) -> int:
    return sum(isinstance(n, ast.Name) and n.id in names for n in ast.walk(expr))


def batched(shape: Shape, keys: str) -> str:
    """The statement for all keys at once, as text; `keys` is the text of a collection of them."""
    assert shape.statement is not None
    assert shape.condition is not None
    assert shape.column is not None
    column = ast.unparse(shape.column)
    within = ast.parse(f"{column}.in_({keys})", mode="eval").body

    def put(node: ast.AST) -> ast.AST:
        return within if ast.dump(node) == ast.dump(shape.condition) else node  # type: ignore[arg-type] # checked above

    statement = _mapped(copy.deepcopy(shape.statement), put)
    text = ast.unparse(statement)
    if shape.kind == "count":
        head = _head(statement)
        owner = ast.unparse(shape.column.value) if isinstance(shape.column, ast.Attribute) else ""
        text = text.replace(ast.unparse(head), f"select({column}, {ast.unparse(head.args[0])})", 1)
        text = text.replace(f".select_from({owner})", "", 1) + f".group_by({column})"
    return text


def _mapped(tree: ast.expr, put: Callable[[ast.AST], ast.AST]) -> ast.expr:
    class Walk(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            new = put(node)
            return new if new is not node else super().generic_visit(node)

    mapped = Walk().visit(tree)
    assert isinstance(mapped, ast.expr)
    return mapped
