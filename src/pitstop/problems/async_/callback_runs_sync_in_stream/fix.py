"""Has a generator hand over its rows in chunks, where each row is a text and nothing else happens in a turn."""

from __future__ import annotations

import ast
import tokenize
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Function, Source
from pitstop.problems.async_.callback_runs_sync_in_stream.rule import given, is_list
from pitstop.problems.editing import free_name, node_at, open_source
from pitstop.problems.layout import settle
from pitstop.project.facts import Call
from pitstop.verdicts import Metric

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import FunctionInfo

AIMS: tuple[Metric, ...] = ("cpu", "duration")
_ROWS = 200
"""Rows of a chunk: of a hundred on, the way into a thread and back is no longer felt (0.6 µs a row; pitstop's own measurement)."""


def propose(finding: Finding, project: Project) -> Patch:
    """The generator with a chunk for each turn. Raises PatchError."""
    source = open_source(project, finding.location.path)
    node = node_at(source, ast.expr, finding.location)
    if not isinstance(node, ast.Yield) or node.value is None:
        raise PatchError("it is a generator expression: a function with a name has room for chunks")
    loop = _loop(source, node)
    assert isinstance(loop.iter, ast.Name)
    info = project.index.functions.get(finding.location.symbol)
    function = next(p for p in source.parents(loop) if isinstance(p, Function))
    if info is None:
        raise PatchError("the generator is not there any more")
    _refuse_no_list(project, info, loop.iter.id)
    _refuse_later_use(function, loop)
    if not _is_text(project, source, info, node.value):
        raise PatchError(f"whether `{ast.unparse(node.value)}` is a text cannot be told")
    start = free_name(source, loop, "start", "first", "begin")
    rows, unit = loop.iter.id, source.indent_unit
    part = f"{source.segment(node.value)} for {source.segment(loop.target)} in {rows}[{start} : {start} + {_ROWS}]"
    text = f"for {start} in range(0, len({rows}), {_ROWS}):\n{source.indentation(loop)}{unit}yield {_empty(source)}.join({part})"
    edit = source.edit(source.start(loop), source.end(loop), text.replace("\n", source.newline))
    return make_patch(
        finding,
        f"Stream the rows of {function.name} in chunks",
        (settle(source, [edit]),),
        AIMS,
        risk=f"The first part is sent when {_ROWS} rows are made, and an error in a row takes those before it in its chunk along.",
        validate="Compare the bodies before and after, and time the answer with as many rows as the service has.",
        rollback="pitstop undo",
    )


def _empty(source: Source) -> str:
    return source.quote * 2


def _loop(source: Source, node: ast.Yield) -> ast.For:
    """The loop whose turns do nothing but to hand a row over. Raises PatchError."""
    statement = source.statement(node)
    loop = next(source.parents(statement))
    if not isinstance(loop, ast.For) or not isinstance(statement, ast.Expr) or statement.value is not node:
        raise PatchError("the row is not simply handed over in a loop")
    if len(loop.body) > 1 or loop.orelse:
        raise PatchError(
            "a turn does more than to hand a row over: how long one takes, and whether it should be seen at once, is for you to say"
        )
    if not isinstance(loop.iter, ast.Name):
        raise PatchError("the rows have no name, so no part of them can be taken")
    lines = range(loop.lineno, (loop.end_lineno or 0) + 1)
    if any(token.type == tokenize.COMMENT and token.start[0] in lines for token in source.tokens):
        raise PatchError("a comment stands in the loop")
    if any(isinstance(each, ast.Yield | ast.NamedExpr) and each is not node for each in ast.walk(loop)):
        raise PatchError("the row is made of more than its own value")
    return loop


def _refuse_no_list(project: Project, info: FunctionInfo, rows: str) -> None:
    """Raise where the rows may be something of which no part can be taken, as what another generator gives."""
    bound = info.bindings.get(rows, ())
    if len(bound) != 1 or bound[0].parameter is None:
        return  # The rule saw the list where it is made.
    scopes: list[Scope] = [*project.index.by_path.values(), *project.functions]
    for scope in scopes:
        for call in (site.node for site in scope.sites if isinstance(site.node, Call)):
            if project.types.type_of(call.func, scope).name == info.qualname:
                handed = given(info, call).get(rows)
                # What `iter` gives has the type of the list here, and no parts.
                is_made = isinstance(handed, Call) and getattr(handed.func, "id", "") == "iter"
                if handed is None or is_made or not is_list(project, handed, scope):
                    raise PatchError(f"`{scope.name}` may give `{info.name}` something else than a list")


def _refuse_later_use(function: ast.FunctionDef | ast.AsyncFunctionDef, loop: ast.For) -> None:
    """Raise where the function uses the last row after the loop: within a comprehension it is not seen."""
    own = {id(node) for node in ast.walk(loop)}
    names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in names and id(node) not in own:
            raise PatchError(f"`{node.id}` is used outside of the loop, too")


def _is_text(project: Project, source: Source, info: FunctionInfo, value: ast.expr) -> bool:
    """Whether the value is a text, by how it is written or by its type."""
    match value:
        case ast.JoinedStr():
            return True
        case ast.Constant():
            return isinstance(value.value, str)
        case ast.BinOp(op=ast.Add()):
            return any(_is_text(project, source, info, side) for side in (value.left, value.right))
        case ast.BinOp(op=ast.Mod()):
            return isinstance(value.left, ast.Constant) and isinstance(value.left.value, str)
    place = source.location(value)
    for site in info.sites:
        if info.at(site.node).line == place.line and info.at(site.node).column == place.column:
            found = project.types.type_of(site.node, info)
            if (info.at(site.node).end_column, found.name) == (place.end_column, "str"):
                return True
    return False
