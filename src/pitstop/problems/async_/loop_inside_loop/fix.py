"""Awaits the coroutine that a loop was started for, and makes the functions on the way to it coroutines."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import make_async
from pitstop.patching.statements import remove
from pitstop.problems.async_.loop_inside_loop.rule import matches
from pitstop.problems.editing import open_source, twin_of, without_dead_import
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Step
    from pitstop.project.facts import Node
    from pitstop.project.model import FunctionInfo

_TIGHTER = ast.Attribute | ast.Subscript | ast.Call | ast.Await | ast.BinOp | ast.UnaryOp


def propose(finding: Finding, project: Project) -> Patch:
    """The coroutine awaited, all the way up. Raises PatchError."""
    ways = [way for found, way in matches(project) if found.id == finding.id]
    if not ways:
        raise PatchError("the loop is not started there any more")
    last = ways[0][-1]
    plain = _plain(ways)
    awaited = [(caller, site) for function in plain for caller, site in _calls(project, function, plain)]
    sources = {
        function.module.path: open_source(project, function.module.path)
        for function in (last.function, *plain, *(caller for caller, _ in awaited))
    }
    edits: dict[str, list[Edit]] = {path: [] for path in sources}
    for function in plain:
        source = sources[function.module.path]
        edits[source.path] += make_async(source, _definition(source, function))
    for caller, node in awaited:
        source = sources[caller.module.path]
        edits[source.path] += _await(source, twin_of(source, ast.Call, node))
    source = sources[last.function.module.path]
    edits[source.path] += _instead(source, twin_of(source, ast.Call, last.site.node))
    return make_patch(
        finding,
        f"Await in {last.function.name} what a loop was started for",
        [_settled(sources[path], own) for path, own in edits.items()],
        (),
        meant=Meant(failures=True),
        risk="Other requests run while this one waits, so what several of them share may change in between.",
        validate="Send one request: it was answered with an error before, or kept all others waiting.",
        rollback="pitstop undo",
    )


def _plain(ways: list[tuple[Step, ...]]) -> list[FunctionInfo]:
    """The functions on the ways that have to become coroutines. Raises PatchError."""
    plain: dict[str, FunctionInfo] = {}
    for way in ways:
        for step in way[1:]:
            if step.function.owner is not None or step.function.parent is not None:
                raise PatchError(
                    f"`{step.function.name}` is a method or a function in another, which may be called by other names"
                )
            if step.function.node.decorators:
                raise PatchError(
                    f"`{step.function.name}` is decorated, and what decorates it may not expect a coroutine"
                )
            plain[step.function.qualname] = step.function
    return list(plain.values())


def _calls(
    project: Project, function: FunctionInfo, plain: list[FunctionInfo]
) -> list[tuple[FunctionInfo, Node]]:
    """The calls of a function, all from coroutines or what becomes one. Raises PatchError where it is used in another way."""
    found: list[tuple[FunctionInfo, Node]] = []
    for caller in project.functions:
        for edge in project.calls.edges(caller):
            if edge.target is function:
                if edge.kind != "call" or not (caller.is_async or caller in plain):
                    raise PatchError(
                        f"`{function.name}` is also called by `{caller.name}`, where no loop need run"
                    )
                found.append((caller, edge.site.node))
    word = re.compile(rf"\b{function.name}\b")
    uses = 0
    for module in project.index.by_path.values():
        if word.search(module.source.text):
            tree = open_source(project, module.path).tree
            uses += sum(
                function.name in {getattr(node, "id", ""), getattr(node, "attr", "")}
                for node in ast.walk(tree)
                if isinstance(node, ast.Name | ast.Attribute)
            )
    if uses != len(found):
        raise PatchError(f"`{function.name}` is used elsewhere, too, where no loop need run")
    return found


def _definition(source: Source, function: FunctionInfo) -> ast.FunctionDef:
    for node in source.tree.body:
        if (
            isinstance(node, ast.FunctionDef)
            and node.name == function.name
            and node.lineno == function.node.line
        ):
            return node
    raise PatchError(f"`{function.name}` is not there any more")


def _await(source: Source, call: ast.Call) -> list[Edit]:
    """A call awaited."""
    _refuse_inner(source, call)
    start, end = source.start(call), source.end(call)
    if isinstance(next(source.parents(call)), _TIGHTER):
        return [source.edit(start, start, "(await "), source.edit(end, end, ")")]
    return [source.edit(start, start, "await ")]


def _instead(source: Source, call: ast.Call) -> list[Edit]:
    """What a loop is started for, awaited; a loop that was made for it goes. Raises PatchError."""
    if len(call.args) != 1 or call.keywords:
        raise PatchError("the loop is started with settings of its own")
    _refuse_inner(source, call)
    start, end, (given,) = source.start(call), source.end(call), call.args
    tight = isinstance(next(source.parents(call)), _TIGHTER)
    edits = [
        source.edit(start, source.start(given), "(await " if tight else "await "),
        source.edit(source.end(given), end, ")" if tight else ""),
    ]
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        edits += _without_loop(source, call, call.func.value.id)
    return edits


def _without_loop(source: Source, call: ast.Call, name: str) -> list[Edit]:
    """The loop taken away that nothing else uses. Raises PatchError where something does."""
    function = next(each for each in source.parents(call) if isinstance(each, Function))
    made = [
        statement
        for statement in ast.walk(function)
        if isinstance(statement, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
    ]
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    if not made:
        return []  # a module's name, as of asyncio itself
    if len(made) > 1 or len(uses) > 2:
        raise PatchError(f"`{name}` is used for more than to wait for the coroutine")
    return remove(source, made[0])


def _refuse_inner(source: Source, call: ast.Call) -> None:
    """Raise where an await would stand in a function within the function, or turn a generator into another one."""
    for parent in source.parents(call):
        if isinstance(parent, Function):
            return
        if isinstance(
            parent,
            ast.Lambda | ast.GeneratorExp | ast.comprehension | ast.ListComp | ast.SetComp | ast.DictComp,
        ):
            break
    raise PatchError("it stands in an expression of its own, or outside of a function")


def _settled(source: Source, edits: list[Edit]) -> FileChange:
    change = settle(source, edits)
    try:
        compile(change.after or "", source.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise PatchError(f"{source.path}:{error.lineno}: no await can stand there") from error
    return without_dead_import(change, "asyncio")
