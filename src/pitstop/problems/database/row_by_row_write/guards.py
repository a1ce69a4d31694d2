"""Reasons to leave the writes of a loop apart: what a turn does besides could need what was written on it, or before."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.loops import Loop, handles_errors, turn_of
from pitstop.patching.python import Source
from pitstop.problems.database.row_by_row_write.rule import reads
from pitstop.problems.transactions import calls_in, says_anywhere, stranger
from pitstop.project.facts import Call, For

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_LISTENS = r"\b(before|after)_(flush|insert|bulk_insert)\b"
_ADDS = {"add", "add_all", "merge"}
_KEEPS = {*_ADDS, "append", "extend"}


@dataclass(frozen=True)
class Place:
    """Where a write stands: its statement and call, the loop around it, and the session as it is written there."""

    source: Source
    statement: ast.stmt
    call: ast.Call
    loop: Loop
    session: ast.expr


def refuse(project: Project, function: FunctionInfo, place: Place) -> None:
    """Raise PatchError where the turns cannot be written together."""
    light = light_loop(function, place)
    if place.loop.orelse:
        raise PatchError("the loop ends in an `else`")
    for node in turn_of(place.loop):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.With | ast.AsyncWith) or (
            isinstance(node, ast.Try | ast.TryStar) and handles_errors(node)
        ):
            raise PatchError(f"line {line}: each turn handles its own errors, or enters a block of its own")
        if isinstance(node, ast.Raise | ast.Return | ast.Yield | ast.YieldFrom):
            raise PatchError(f"line {line}: the loop may be left before its end")
    if {n.id for n in parts_of((place.session,))} & bound_in(place.loop):
        raise PatchError(f"`{ast.unparse(place.session)}` is another on each turn")
    inside = [
        site for site in calls_in(function, light) if not site.in_lambda and isinstance(site.node, Call)
    ]
    if any(reads(project, function, site) for site in inside):
        raise PatchError("each turn also queries, and may need what the turns before it have written")
    name = stranger(project, function, inside)
    if name:
        raise PatchError(f"each turn calls `{name}`, which may need what was written before it")


def light_loop(function: FunctionInfo, place: Place) -> For:
    """The loop as reading has it."""
    loop = place.loop
    span = (loop.lineno, loop.col_offset, loop.end_lineno, loop.end_col_offset)
    found = next((s for s in function.statements if isinstance(s, For) and s.span == span), None)
    if found is None:
        raise PatchError("the loop is not there any more")
    return found


def bound_in(loop: Loop) -> set[str]:
    """The names that a loop binds."""
    parts = (loop.target, *turn_of(loop))
    return {n.id for n in parts_of(parts) if isinstance(n.ctx, ast.Store)}


def parts_of(nodes: tuple[ast.AST, ...]) -> list[ast.Name]:
    """The names in some nodes."""
    return [n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)]


def refuse_flush(project: Project, function: FunctionInfo, place: Place) -> None:
    """Raise PatchError where a turn reads what the flush has made: an id, a default of the database."""
    if says_anywhere(project, _LISTENS):
        raise PatchError("something listens to flushes, and may count on each")
    fresh = _fresh(project, function, place)
    for node in turn_of(place.loop):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in fresh:
            if isinstance(node.ctx, ast.Load):
                raise PatchError(
                    f"line {node.lineno}: the turn reads `{ast.unparse(node)}`, which the flush may have made"
                )
        elif isinstance(node, ast.Call) and {n.id for n in parts_of(_handed(node))} & fresh:
            last = ast.unparse(node.func).rpartition(".")[2]
            if last not in _KEEPS and not _is_made(project, function, node):
                raise PatchError(
                    f"line {node.lineno}: the turn hands what it added to `{ast.unparse(node.func)}`, which may need its id"
                )
        elif isinstance(node, ast.FormattedValue) and {n.id for n in parts_of((node,))} & fresh:
            raise PatchError(f"line {node.lineno}: the turn writes down what it added")


def _handed(call: ast.Call) -> tuple[ast.AST, ...]:
    return (*call.args, *(keyword.value for keyword in call.keywords))


def _fresh(project: Project, function: FunctionInfo, place: Place) -> set[str]:
    """The names of objects that a turn makes or adds to the session."""
    found: set[str] = set()
    for node in turn_of(place.loop):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _ADDS:
            for given in node.args:
                items = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
                found |= {item.id for item in items if isinstance(item, ast.Name)}
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if _is_made(project, function, node.value):
                found |= {n.id for n in parts_of(tuple(targets))}
    for node in turn_of(place.loop):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in found:
            found |= {n.id for n in parts_of(tuple(node.targets))}
    return found


def _is_made(project: Project, function: FunctionInfo, call: ast.Call) -> bool:
    """Whether a call makes an object of a model."""
    for site in function.calls:
        light = site.node
        if isinstance(light, Call) and light.span == _span(call):
            found = project.types.type_of(light.func, function)
            return found.kind == "class" and found.name in project.models.all
    return False


def _span(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def is_alone(place: Place) -> bool:
    """Whether the write is all that a turn does."""
    return place.loop.body == [place.statement]
