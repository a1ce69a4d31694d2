"""What a function builds anew each time, built once above it: where that means the same, and what stands for it then."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.moving import first_line
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import replace_expression
from pitstop.project.imports import imported

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module


def top_level(source: Source, node: ast.AST) -> ast.stmt:
    """The statement of the module that a node stands in."""
    return next(s for s in (node, *source.parents(node)) if any(s is each for each in source.tree.body))  # type: ignore[return-value]


def above(source: Source, statement: ast.stmt, text: str) -> Edit:
    """A definition above a statement of the module and the comments that belong to it, two lines apart as formatters have it."""
    at = source.line_start(first_line(source, statement))
    return source.edit(at, at, (text + "\n\n\n").replace("\n", source.newline))


def known_above(source: Source, value: ast.expr, top: ast.stmt) -> str:
    """The constant above a statement that is made of the same already; empty where there is none."""
    wanted = ast.dump(value)
    for statement in source.tree.body[: source.tree.body.index(top)]:
        if isinstance(statement, ast.Assign) and ast.dump(statement.value) == wanted:
            (target, *others) = statement.targets
            if isinstance(target, ast.Name) and not others:
                return target.id
    return ""


def refuse_other_meaning(
    project: Project, module: Module, source: Source, value: ast.expr, top: ast.stmt
) -> None:
    """Raise PatchError unless an expression means above `top`, as the module is loaded, what it means where it stands."""
    made = _made_above(source, top)
    local = locals_around(source, value)
    inner = {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(value):
        if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            raise PatchError("what it is built from is only known while a request is answered")
        if not isinstance(node, ast.Name) or node.id in inner:
            continue
        if node.id in local or (node.id not in made and not hasattr(builtins, node.id)):
            raise PatchError(f"it is built from `{node.id}`, which is not set where the module is loaded")
        if made.count(node.id) > 1:
            raise PatchError(f"it is built from `{node.id}`, which the module gives several values")
    for node in ast.walk(value):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            _refuse_circle(project, module, node.value.id)


def _made_above(source: Source, top: ast.stmt) -> list[str]:
    """The names that the module itself has made before a statement, as often as it makes them; those that a branch makes left out."""
    found: list[str] = []
    for statement in source.tree.body:
        before = statement.lineno < top.lineno
        for each in statement.body if isinstance(statement, ast.Try) else [statement]:
            names: list[str] = []
            if isinstance(each, ast.Import | ast.ImportFrom):
                names = [(a.asname or a.name).partition(".")[0] for a in each.names]
            elif isinstance(each, Function | ast.ClassDef):
                names = [each.name]
            elif isinstance(each, ast.Assign | ast.AnnAssign | ast.AugAssign):
                names = [
                    n.id for n in ast.walk(each) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                ]
            # What is made further down as well is another value by the time a request comes.
            found += [name for name in names if before or name in found]
    changed = {n for each in ast.walk(source.tree) if isinstance(each, ast.Global) for n in each.names}
    return [name for name in found if name not in changed]


def locals_around(source: Source, node: ast.AST) -> set[str]:
    """The names that the functions and classes around a node set."""
    found: set[str] = set()
    for scope in source.scopes(node):
        if not isinstance(scope, ast.Module):
            for each in ast.walk(scope):
                if isinstance(each, ast.arg):
                    found.add(each.arg)
                elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
                    found.add(each.id)
                elif isinstance(each, ast.alias):
                    found.add((each.asname or each.name).partition(".")[0])
                elif isinstance(each, Function | ast.ClassDef) and each is not scope:
                    found.add(each.name)
    return found


def _refuse_circle(project: Project, module: Module, name: str) -> None:
    """Raise where a name is a module of the project that, as it is loaded, may be waiting for this one."""
    for binding in module.bindings.get(name, ()):
        other = project.index.module(binding.target) if binding.how == "import" else None
        if other is not None and module.path in imported(project.index, [other]):
            raise PatchError(
                f"`{name}` imports this module itself, so what is in it may not be there when this one is loaded"
            )


def instead(source: Source, value: ast.expr, name: str) -> list[Edit]:
    """A name in the place of an expression; a variable that was only another name for it goes. Raises PatchError."""
    alias = _alias(source, value)
    if alias is None:
        return replace_expression(source, value, name)
    statement, uses = alias
    start = source.line_start(source.line_of(source.start(statement)))
    line = source.line_of(source.end(statement)) + 1
    if source.block(statement)[1] == 0:
        # No block begins with a blank line.
        while not source.line(line).strip():
            line += 1
    end = source.line_start(line)
    return [source.edit(start, end, ""), *(e for use in uses for e in replace_expression(source, use, name))]


def _alias(source: Source, value: ast.expr) -> tuple[ast.Assign, list[ast.Name]] | None:
    """The statement that only gives the value a name, and where the name is used: None where it must stay."""
    statement = source.statement(value)
    if not isinstance(statement, ast.Assign) or statement.value is not value or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    function = next((s for s in source.scopes(value) if isinstance(s, Function)), None)
    block, place = source.block(statement)
    if (
        not isinstance(target, ast.Name)
        or function is None
        or len(block) == 1
        or not source.begins_line(statement)
    ):
        return None
    lines = (source.line_of(source.start(statement)), source.line_of(source.end(statement)))
    above_it = lines[0] > 1 and source.line(lines[0] - 1).lstrip().startswith(b"#")
    if (
        above_it
        or source.line_text(lines[1]).encode().strip()
        != source.data[
            max(source.line_start(lines[1]), source.start(statement)) : source.end(statement)
        ].strip()
    ):
        # A comment belongs to it, or another statement stands on its line.
        return None
    named = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == target.id]
    others = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    others |= {
        n for each in ast.walk(function) if isinstance(each, ast.Global | ast.Nonlocal) for n in each.names
    }
    uses = [n for n in named if n is not target]
    if target.id in others or any(not isinstance(n.ctx, ast.Load) for n in uses):
        return None
    after = {id(n) for each in block[place + 1 :] for n in ast.walk(each)}
    return (statement, uses) if uses and all(id(n) in after for n in uses) else None
