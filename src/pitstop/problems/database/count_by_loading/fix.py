"""Has the database count: `count()` for a number, one row at most for a test."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import replace_expression
from pitstop.problems.editing import free_name, node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


@dataclass(frozen=True, slots=True)
class _Method:
    """A call of a method."""

    call: ast.Call
    func: ast.Attribute


_RESULTS = {"all", "fetchall"}
_SENDS = {"scalars", "execute", "exec"}
_KEPT = {"where", "filter", "filter_by", "join", "outerjoin"}
_DROPPED = {"order_by", "options"}
"""What changes neither which rows there are nor how many."""


def propose(finding: Finding, project: Project) -> Patch:
    """The number, or one row, instead of all rows. Raises PatchError."""
    if finding.places:
        raise PatchError("rows are counted in several places of the function")
    source = open_source(project, finding.location.path)
    node = node_at(source, ast.Call, finding.location)
    is_number = isinstance(node.func, ast.Name) and node.func.id == "len"
    return make_patch(
        finding,
        f"{'Count' if is_number else 'Look'} in the database in {finding.location.symbol.rpartition('.')[2]}",
        (settle(source, _number(source, node) if is_number else _first(source, node)),),
        ("rows", "duration", "cpu"),
        risk="Rows that the session has, but has not written, are counted once it has written them, as a query would.",
        validate="The number is the same with none, one and several rows; rows per request no longer grow.",
        rollback="pitstop undo",
    )


def _number(source: Source, length: ast.Call) -> list[Edit]:
    given = length.args[0]
    if not isinstance(given, ast.Name):
        imports, count = _counted(source, given)
        return [*imports, *replace_expression(source, length, count)]
    binding, uses = _only_counted(source, length, given.id)
    imports, count = _counted(source, binding.value)
    name = free_name(source, length, "count", f"{given.id}_count", f"number_of_{given.id}")
    edits = [*imports, *replace_expression(source, binding.value, count)]
    target = binding.targets[0]
    edits.append(source.edit(source.start(target), source.end(target), name))
    return [*edits, *(source.edit(source.start(use), source.end(use), name) for use in uses)]


def _only_counted(source: Source, length: ast.Call, name: str) -> tuple[ast.Assign, list[ast.expr]]:
    """The assignment of rows that nothing else is done with than to count them or to see whether there are any."""
    function = _around(source, length)
    bound: list[ast.Assign] = []
    uses: list[ast.expr] = []
    for node in ast.walk(function):
        if not (isinstance(node, ast.Name) and node.id == name):
            continue
        parent = next(source.parents(node))
        if isinstance(parent, ast.Assign) and parent.targets == [node]:
            bound.append(parent)
        elif isinstance(node.ctx, ast.Load):
            is_length = (
                isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "len"
            )
            uses.append(parent if is_length and isinstance(parent, ast.Call) else node)
        else:
            raise PatchError(f"`{name}` is set in more ways than one")
    if len(bound) != 1:
        raise PatchError(f"where the rows in `{name}` come from is not one statement of the function")
    return bound[0], uses


def _around(source: Source, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef:
    for parent in source.parents(node):
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
            return parent
    raise PatchError("the rows are counted outside of any function")


def _counted(source: Source, rows: ast.expr) -> tuple[list[Edit], str]:
    """The imports and the expression that give the number of the rows that an expression loads."""
    if (
        isinstance(rows, ast.Call)
        and isinstance(rows.func, ast.Name)
        and rows.func.id == "list"
        and len(rows.args) == 1
    ):
        rows = rows.args[0]
    asked, is_query = _sent(rows)
    if is_query:
        return [], f"{_chain(source, asked)}.count()"
    waits = isinstance(asked, ast.Await)
    call = asked.value if isinstance(asked, ast.Await) else asked
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
        or len(call.args) != 1
        or call.keywords
    ):
        raise PatchError("how the rows are loaded cannot be read from the statement")
    imports, statement = _statement(source, call.args[0])
    method = "exec" if call.func.attr == "exec" else "scalars"
    sent = f"{source.segment(call.func.value)}.{method}({statement})"
    return imports, f"(await {sent}).one()" if waits else f"{sent}.one()"


def _sent(rows: ast.expr) -> tuple[ast.expr, bool]:
    """The call that sends the statement, awaited or not; or the query of a session, which is one itself."""
    inner = rows
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        value = inner.func.value
        if inner.func.attr in _SENDS and inner.args:
            return inner, False
        if inner.func.attr not in (_RESULTS | {"scalars"}) or inner.args:
            break
        if isinstance(value, ast.Await):
            return value, False
        if inner.func.attr in _RESULTS and _begins_query(value):
            return value, True
        inner = value
    raise PatchError(
        "the rows come another way than from `scalars`, `execute` or `query` here, and others may use them"
    )


def _begins_query(node: ast.expr) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query":
            return True
        node = node.func.value
    return False


def _chain(source: Source, query: ast.expr) -> str:
    """A legacy query as it is, where `count()` gives as many as there are rows."""
    for part in _parts(query):
        if part.func.attr not in {"filter", "filter_by", "where", "order_by", "query"}:
            raise PatchError(f"with `{part.func.attr}` a query may give fewer objects than it counts rows")
    (entity,) = [part for part in _parts(query) if part.func.attr == "query"]
    if len(entity.call.args) != 1:
        raise PatchError("the query is for more than one thing")
    return source.segment(query)


def _parts(chain: ast.expr) -> list[_Method]:
    """The calls of methods that an expression is a chain of, the last first."""
    found = []
    while isinstance(chain, ast.Call) and isinstance(chain.func, ast.Attribute):
        found.append(_Method(chain, chain.func))
        chain = chain.func.value
    return found


def _statement(source: Source, statement: ast.expr) -> tuple[list[Edit], str]:
    """`select(Model).where(...)` as one that counts."""
    kept = []
    for part in _parts(statement):
        if part.func.attr in _DROPPED:
            continue
        if part.func.attr not in _KEPT:
            raise PatchError(f"what `{part.func.attr}` does to the number of rows is not looked into")
        after = source.end(part.func.value)
        kept.append(source.data[after : source.end(part.call)].decode())
        statement = part.func.value
    inner = _select(statement)
    model = inner.args[0]
    if len(inner.args) != 1 or not isinstance(model, ast.Name):
        raise PatchError("the statement is not one `select` of a model, written where it is sent")
    imports, func = ensure_import(source, "sqlalchemy", "func", at=inner)
    return imports, f"select({func}.count()).select_from({model.id})" + "".join(reversed(kept))


def _select(statement: ast.expr) -> ast.Call:
    """The `select` that a chain begins with."""
    inner = statement
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        inner = inner.func.value
    if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Name) or inner.func.id != "select":
        raise PatchError("the statement is not one `select` of a model, written where it is sent")
    return inner


def _first(source: Source, load: ast.Call) -> list[Edit]:
    """One row at most, where only whether there is one is asked."""
    given = load.args[0] if load.args else None
    is_sent = isinstance(load.func, ast.Attribute) and load.func.attr in _SENDS
    if not is_sent or given is None or not _select(given):
        raise PatchError("how the rows are loaded cannot be read from the statement")
    if any(part.func.attr not in _KEPT | _DROPPED for part in _parts(given)):
        raise PatchError("the statement does more than to choose rows")
    return replace_expression(source, given, f"{source.segment(given)}.limit(1)")
