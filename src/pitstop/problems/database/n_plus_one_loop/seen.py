"""The query as it looks from inside the loop: written there, or brought in from a thin function that the loop calls."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.python import Source
from pitstop.problems.database.n_plus_one_loop.rule import Match
from pitstop.problems.editing import open_source, twin_of
from pitstop.project.facts import dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module

_UNWRAPPING = {
    "all", "scalars", "unique", "scalar_one_or_none", "scalar_one", "scalar", "first", "one_or_none", "one", "fetchall",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """The value that each turn of the loop gets from the database.

    `place` is the expression in the caller that stands for it; `value` what it amounts to, in the caller's names; `home`
    the module whose imports give the other names in `value` their meaning.
    """

    source: Source
    place: ast.expr
    value: ast.expr
    home: Module
    callee: FunctionInfo | None
    source_module: Module


def see(project: Project, match: Match) -> Seen:
    """The query of a match as seen from its loop. Raises PatchError where a function on the way does more than ask."""
    source = open_source(project, match.function.module.path)
    call = twin_of(source, ast.Call, match.site.node)
    place = _whole(source, call)
    if not match.steps:
        return Seen(source, place, place, match.function.module, None, match.function.module)
    if len(match.steps) > 1:
        names = " → ".join(step.function.name for step in match.steps)
        raise PatchError(
            f"the query is several calls away ({names}): a batch version of each would be needed"
        )
    callee = match.steps[0].function
    if any(dotted(d) not in {"staticmethod", "classmethod"} for d in callee.node.decorators):
        raise PatchError(f"`{callee.name}` is decorated, so that more may happen in it than is written there")
    other = source if callee.module.path == source.path else open_source(project, callee.module.path)
    returned = _returned(other, callee)
    value = _substituted(returned, _arguments(call, callee))
    return Seen(source, _awaited(source, call), value, callee.module, callee, match.function.module)


def _awaited(source: Source, call: ast.expr) -> ast.expr:
    parent = next(source.parents(call), None)
    return parent if isinstance(parent, ast.Await) else call


def _whole(source: Source, call: ast.expr) -> ast.expr:
    """The call with its `await`, and the `.scalars().all()` and `list(...)` around it."""
    node = _awaited(source, call)
    while True:
        parents = source.parents(node)
        parent, grand = next(parents, None), next(parents, None)
        if (
            isinstance(parent, ast.Attribute)
            and isinstance(grand, ast.Call)
            and parent.attr in _UNWRAPPING
            and not grand.args
        ):
            node = grand
        elif (
            isinstance(parent, ast.Call)
            and isinstance(parent.func, ast.Name)
            and parent.func.id == "list"
            and parent.args == [node]
        ):
            node = parent
        else:
            return node


def _returned(source: Source, callee: FunctionInfo) -> ast.expr:
    """What the function returns, with its local names filled in."""
    line = callee.node.span[0]
    node = next(
        (
            n
            for n in ast.walk(source.tree)
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
            and n.lineno == line
            and n.name == callee.name
        ),
        None,
    )
    if node is None:
        raise PatchError(f"{source.path}:{line}: `{callee.name}` is not there any more")
    known: dict[str, ast.expr] = {}
    for statement in node.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            known[statement.targets[0].id] = _substituted(statement.value, known)
        elif isinstance(statement, ast.Return) and statement.value is not None and statement is node.body[-1]:
            return _substituted(statement.value, known)
        else:
            break
    raise PatchError(
        f"{source.path}:{line}: `{callee.name}` does more than ask the database, so it cannot be batched from outside"
    )


def _arguments(call: ast.Call, callee: FunctionInfo) -> dict[str, ast.expr]:
    names = [p.name for p in callee.node.parameters if p.kind == ""]
    given: dict[str, ast.expr] = {}
    if callee.owner is not None and names:
        if not isinstance(call.func, ast.Attribute):
            raise PatchError(f"`{callee.name}` is called in a way that hides its object")
        given[names.pop(0)] = call.func.value
    given.update(zip(names, call.args, strict=False))
    given.update({k.arg: k.value for k in call.keywords if k.arg is not None})
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        raise PatchError(f"`{callee.name}` is called with unpacked arguments")
    missing = [p for p in callee.node.parameters if p.name not in given]
    if any(p.default is None and p.kind in {"", "k"} for p in missing):
        raise PatchError(f"`{callee.name}` is called with arguments that cannot be matched")
    return given


class _Fill(ast.NodeTransformer):
    def __init__(self, names: dict[str, ast.expr]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self._names.get(node.id)
        return copy.deepcopy(found) if found is not None and isinstance(node.ctx, ast.Load) else node


def _substituted(expr: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    filled = _Fill(names).visit(copy.deepcopy(expr))
    assert isinstance(filled, ast.expr)
    return filled
