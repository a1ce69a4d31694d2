"""Reasons not to let the turns of a loop run together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.python import Function, Source
from pitstop.problems.async_.await_in_loop.rule import Match
from pitstop.problems.bounded import around

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOGS = {"critical", "debug", "error", "exception", "info", "log", "print", "trace", "warn", "warning"}
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def refuse(source: Source, loop: ast.For, names: list[str], collects: str, match: Match) -> None:
    """Raise PatchError where a turn leaves its function, or leaves something that others may need in their order.

    `collects` is what the last statement adds to; `names` are those of the target.
    """
    body = loop.body[:-1] if collects else loop.body
    own = {*names, *_stored(loop.body)}
    _refuse_flow(loop, may_skip=not collects)
    _refuse_effects(body, own, match)
    _refuse_names(source, loop, names)
    if collects:
        _refuse_collection(source, loop, collects)


def _refuse_flow(loop: ast.For, *, may_skip: bool) -> None:
    todo: list[tuple[ast.AST, bool]] = [(statement, False) for statement in loop.body]
    while todo:
        node, inner = todo.pop()
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) or (
            isinstance(node, ast.Break) and not inner
        ):
            raise PatchError("a turn may end the loop or the function")
        if isinstance(node, ast.Continue) and not inner and not may_skip:
            raise PatchError("a turn may end before it has collected anything")
        if isinstance(
            node,
            Function | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Delete | ast.Global | ast.Nonlocal,
        ):
            raise PatchError("the loop defines, imports or deletes names")
        todo += [(child, inner or isinstance(node, _LOOPS)) for child in ast.iter_child_nodes(node)]


def _stored(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that nodes bind, but for those that comprehensions and `except` keep to themselves."""
    found: set[str] = set()
    for node in nodes:
        for each in _visible(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                found.add(each.id)
            elif isinstance(each, ast.MatchAs | ast.MatchStar) and each.name:
                found.add(each.name)
    return found


def _visible(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below a node, names that comprehensions bind and read themselves left out."""
    kept: set[int] = set()
    for each in ast.walk(node):
        if isinstance(each, _COMPS):
            bound = {n.id for g in each.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            kept |= {id(n) for n in ast.walk(each) if isinstance(n, ast.Name) and n.id in bound}
    return (each for each in ast.walk(node) if id(each) not in kept)


def _refuse_names(source: Source, loop: ast.For, names: list[str]) -> None:
    """Raise PatchError where a name of a turn is read outside of it, or may be one from outside."""
    outer = around(source, loop)
    bound = {*names, *_stored(loop.body)}
    inside = {id(n) for n in ast.walk(loop)}
    end = source.end(loop)
    elsewhere = {a.arg for a in ast.walk(outer.args) if isinstance(a, ast.arg)}
    for node in _visible(outer):
        if not isinstance(node, ast.Name) or id(node) in inside:
            continue
        if isinstance(node.ctx, ast.Store):
            elsewhere.add(node.id)
        elif node.id in bound and source.start(node) > end and not _bound_again(source, loop, node):
            raise PatchError(f"`{node.id}` of the last turn is read after the loop")
    for name in sorted((bound - set(names)) & elsewhere):
        if not _begins_with(loop, name):
            raise PatchError(f"`{name}` may come from outside of the loop")


def _bound_again(source: Source, loop: ast.For, node: ast.Name) -> bool:
    """Whether a statement beside the loop binds a name anew before it is read."""
    block, place = source.block(loop)
    for statement in block[place + 1 :]:
        has = any(each is node for each in ast.walk(statement))
        binds = isinstance(statement, ast.For | ast.Assign) and node.id in _stored(
            [statement.target] if isinstance(statement, ast.For) else statement.targets
        )
        if has:
            reads = statement.iter if isinstance(statement, ast.For) else statement
            return binds and isinstance(statement, ast.For) and not any(e is node for e in ast.walk(reads))
        if binds and isinstance(statement, ast.Assign):
            return True
    return False


def _begins_with(loop: ast.For, name: str) -> bool:
    """Whether each turn binds a name before it reads it."""
    for statement in loop.body:
        reads = any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
            for n in ast.walk(statement)
        )
        if isinstance(statement, ast.Assign) and name in _stored(statement.targets):
            return not reads
        if reads or name in _stored([statement]):
            return False
    return False


def _refuse_effects(body: list[ast.stmt], own: set[str], match: Match) -> None:
    for statement in body:
        for node in ast.walk(statement):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AugAssign | ast.AnnAssign):
                targets = [node.target]
            for target in targets:
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                for part in parts:
                    is_name = isinstance(part, ast.Name)
                    if (not is_name and _root(part) not in own) or (
                        is_name and isinstance(node, ast.AugAssign)
                    ):
                        raise PatchError(f"each turn changes `{ast.unparse(part)}`")
            if isinstance(node, ast.Expr):
                _refuse_call(node.value, own, match)


def _refuse_call(value: ast.expr, own: set[str], match: Match) -> None:
    """Raise PatchError for a call that stands for what it does, unless that is known to bear any order."""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return
    if (call.lineno, call.col_offset) == match.site.node.span[:2] and isinstance(value, ast.Await):
        return
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _LOGS and _root(call.func) not in own:
        raise PatchError(f"`{ast.unparse(call.func)}` may need the turns in their order")


def _root(expr: ast.expr) -> str:
    while isinstance(expr, ast.Attribute | ast.Subscript):
        expr = expr.value
    return expr.id if isinstance(expr, ast.Name) else ""


def _refuse_collection(source: Source, loop: ast.For, name: str) -> None:
    """Raise PatchError where something looks at what is collected while it is, or after an error."""
    if sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop)) != 1:
        raise PatchError(f"the turns read `{name}`, which they fill")
    block, _ = source.block(loop)
    beside = {id(n) for statement in block for n in ast.walk(statement)}
    for parent in source.parents(loop):
        if isinstance(parent, Function):
            break
        if isinstance(parent, ast.Try) and any(
            isinstance(n, ast.Name) and n.id == name and id(n) not in beside
            for n in ast.walk(around(source, loop))
        ):
            raise PatchError(f"after an error `{name}` may be used with what was collected by then")
