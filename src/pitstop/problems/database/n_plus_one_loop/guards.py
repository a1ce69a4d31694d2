"""Reasons to leave a loop alone: what it does besides asking could make one query before it answer otherwise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.python import Source
from pitstop.problems.database.n_plus_one_loop.batches import Shape
from pitstop.problems.database.n_plus_one_loop.keys import refuse_unequal
from pitstop.problems.database.n_plus_one_loop.rule import Match
from pitstop.problems.database.n_plus_one_loop.seen import Seen

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_WRITES = "add|add_all|delete|merge|commit|flush|refresh|expire|expire_all|expunge|rollback|bulk_\\w+"
_WRITES_TO = re.compile(rf"\b\w*(?:session|db|conn|connection|repo\w*)\.(?:{_WRITES})\(", re.IGNORECASE)
_CHANGES_ROWS = re.compile(
    r"\b(?:insert|update|delete)\(\s*\w*[A-Z]|\.(?:update|delete)\(.*synchronize_session"
)
_DEPTH = 4
_LOOPED = ast.For | ast.ListComp | ast.SetComp | ast.DictComp
_ITERATED_BY = {"list", "tuple", "set", "sorted", "enumerate", "frozenset"}


def refuse(project: Project, match: Match, seen: Seen, loop: _LOOPED, target: ast.expr, shape: Shape) -> None:
    """Raise PatchError with the reason if asking once before the loop is not certain to give the same."""
    source = seen.source
    names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    _refuse_early_end(loop)
    _refuse_writes(project, match, loop, shape)
    _refuse_loop_names(loop, names, shape)
    _refuse_guarded(source, loop, names, seen.place, shape.key)
    _refuse_shape(shape)
    _refuse_use(source, seen, shape)
    refuse_unequal(project, match, target, shape, source)


def _own(loop: _LOOPED) -> Iterator[ast.AST]:
    """All nodes run on each turn, functions defined inside left out."""
    todo: list[ast.AST] = list(loop.body) if isinstance(loop, ast.For) else [loop]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(node))


def _refuse_early_end(loop: _LOOPED) -> None:
    if isinstance(loop, ast.For) and any(isinstance(n, ast.Break | ast.Return) for n in _own(loop)):
        raise PatchError("the loop may end early: one query for all turns could read more than it does now")
    if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in _own(loop)):
        raise PatchError("the loop hands its results out one by one")


def _refuse_writes(project: Project, match: Match, loop: _LOOPED, shape: Shape) -> None:
    session = ast.unparse(shape.session)
    for node in _own(loop):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        is_session = ast.unparse(node.func.value) == session
        if (is_session and re.fullmatch(_WRITES, node.func.attr)) or _WRITES_TO.search(
            ast.unparse(node.func) + "("
        ):
            raise PatchError(
                f"the loop writes to the database (`{ast.unparse(node.func)}`) between its queries"
            )
        if _CHANGES_ROWS.search(ast.unparse(node)):
            raise PatchError("the loop changes rows between its queries")
    for edge in project.calls.edges(match.function):
        if match.loop in edge.site.loops and _writes(project, edge.target, set()):
            raise PatchError(f"the loop calls `{edge.target.name}`, which writes to the database")


def _writes(project: Project, function: FunctionInfo, seen: set[str], depth: int = 0) -> bool:
    if function.qualname in seen or depth > _DEPTH:
        return False
    seen.add(function.qualname)
    text = function.module.text(function.node)
    if _WRITES_TO.search(text) or _CHANGES_ROWS.search(text):
        return True
    return any(_writes(project, edge.target, seen, depth + 1) for edge in project.calls.edges(function))


def _refuse_loop_names(loop: _LOOPED, names: set[str], shape: Shape) -> None:
    """What the query is made of must not change from turn to turn, but for its key."""
    bound = {n.id for n in _own(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if isinstance(loop, ast.For):
        if bound & names:
            raise PatchError("the loop binds its own variable anew")
        for node in _own(loop):
            is_set = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
            if is_set and ast.unparse(node) == ast.unparse(shape.key):
                raise PatchError("the loop sets the key that it asks by")
    else:
        bound -= names
    used = [shape.session, shape.key, *([shape.statement] if shape.statement is not None else [])]
    for expr in used:
        if _has(expr, bound):
            raise PatchError("the query depends on what the loop works out on each turn")


def _has(expr: ast.AST, names: Iterable[str]) -> bool:
    wanted = set(names)
    return any(isinstance(n, ast.Name) and n.id in wanted for n in ast.walk(expr))


def _refuse_guarded(source: Source, loop: _LOOPED, names: set[str], place: ast.expr, key: ast.expr) -> None:
    """A key that is only safe to read behind a condition must not be read for all turns beforehand."""
    guards, guarded = _guards(source, loop, place)
    if any(isinstance(n, ast.Call | ast.Await) for n in ast.walk(key)):
        raise PatchError("the key is the result of a call, which would be made twice on each turn")
    if not guarded:
        return
    if not isinstance(key, ast.Name) and not (
        isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name)
    ):
        raise PatchError("the query is asked under a condition, and its key cannot be read without it")
    for test in guards if isinstance(key, ast.Attribute) else ():
        inner = {id(n.value) for n in ast.walk(test) if isinstance(n, ast.Attribute)}
        if any(isinstance(n, ast.Name) and n.id in names and id(n) not in inner for n in ast.walk(test)):
            raise PatchError("the query is asked under a condition on the row, which its key may depend on")


def _guards(source: Source, loop: _LOOPED, place: ast.expr) -> tuple[list[ast.expr], bool]:
    """The conditions of a turn that stand before or around the query, and whether there are any."""
    tests: list[ast.expr] = []
    guarded = False
    for parent in source.parents(place):
        if parent is loop:
            break
        if isinstance(parent, ast.Try | ast.TryStar):
            raise PatchError("the query stands in a `try` of its own on each turn")
        if isinstance(parent, ast.With | ast.AsyncWith):
            raise PatchError("the query stands in a `with` of its own on each turn")
        if isinstance(parent, ast.If | ast.IfExp):
            tests.append(parent.test)
            guarded = True
        elif isinstance(parent, ast.BoolOp):
            tests += parent.values
            guarded = True
    if isinstance(loop, ast.For):
        for node in _own(loop):
            if isinstance(node, ast.Continue) and node.lineno < place.lineno:
                guarded = True
                tests += [p.test for p in source.parents(node) if isinstance(p, ast.If)]
    else:
        tests += loop.generators[0].ifs
        guarded = guarded or bool(loop.generators[0].ifs)
    return tests, guarded


def _refuse_shape(shape: Shape) -> None:
    if shape.kind != "rows" or shape.column is None or shape.model is None:
        return
    assert isinstance(shape.column, ast.Attribute)
    if ast.unparse(shape.column.value) != ast.unparse(shape.model):
        raise PatchError("the column looked up by belongs to another model than the one selected")


def _refuse_use(source: Source, seen: Seen, shape: Shape) -> None:
    """A list stands where the query's result stood: that must be all that is asked of it."""
    if shape.kind != "rows" or shape.gives_list or _is_iterated(source, seen.place):
        return
    parent = next(source.parents(seen.place))
    if (
        isinstance(parent, ast.Assign)
        and len(parent.targets) == 1
        and isinstance(parent.targets[0], ast.Name)
    ):
        name = parent.targets[0].id
        function = next(
            p for p in source.parents(parent) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        uses = [
            n
            for n in ast.walk(function)
            if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
        ]
        if uses and all(_is_iterated(source, n) for n in uses):
            return
    raise PatchError("what the query returns is used as more than rows to go through")


def _is_iterated(source: Source, node: ast.expr) -> bool:
    parent = next(source.parents(node))
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is node
    return (
        isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _ITERATED_BY
    )
