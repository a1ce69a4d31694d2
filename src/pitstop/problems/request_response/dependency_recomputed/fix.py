"""Takes `use_cache=False` away, so that FastAPI hands the value of the first run to all who need it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import remove_argument
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.problems.request_response.dependency_recomputed.rule import home, matches
from pitstop.verdicts import Metric

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

AIMS: tuple[Metric, ...] = ("statements", "connects", "clients", "duration", "cpu")
_CHANGES = {
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse"),
    *("setdefault", "sort", "update"),
}


def propose(finding: Finding, project: Project) -> Patch:
    """The dependency with its cache, at each place that went without. Raises PatchError."""
    found = next((each for each in matches(project) if each[0].id == finding.id), None)
    if found is None:
        raise PatchError("the dependency is not there any more")
    _, function, needs = found
    _refuse_changes(project, function)
    sources: dict[str, Source] = {}
    edits: dict[str, list[Edit]] = {}
    for need in {id(need.node): need for need in needs}.values():
        path = home(need).path
        source = sources.setdefault(path, open_source(project, path))
        call = twin_of(source, ast.Call, need.node)
        keyword = next((each for each in call.keywords if each.arg == "use_cache"), None)
        if keyword is None:
            raise PatchError("`use_cache` is not written out where the dependency is named")
        edits.setdefault(path, []).extend(remove_argument(source, call, keyword))
    return make_patch(
        finding,
        f"Run {function.name} once for a request",
        [settle(sources[path], own) for path, own in edits.items()],
        AIMS,
        risk="All who need it hold the same object, and see what it was as the first of them asked.",
        validate="Count the statements or calls of one request: one less, and the answer is what it was.",
        rollback="pitstop undo",
    )


def _refuse_changes(project: Project, function: FunctionInfo) -> None:
    """Raise where a function changes what the dependency gives it: others would see that now."""
    dependencies = project.routes.dependencies
    for other in project.functions:
        needs = ((each.name, dependencies.need(each, other)) for each in other.node.parameters)
        names = [
            n for n, need in needs if need and dependencies.given_by(need.provider, need.scope) is function
        ]
        if names:
            definition = _definition(project, other)
            for name in names:
                if _is_changed(definition, name):
                    raise PatchError(f"`{other.name}` changes `{name}`, which others would hold as well")


def _definition(project: Project, function: FunctionInfo) -> ast.FunctionDef | ast.AsyncFunctionDef:
    source = open_source(project, function.module.path)
    for node in ast.walk(source.tree):
        if isinstance(node, Function) and node.name == function.name and node.lineno == function.node.line:
            return node
    raise PatchError(f"`{function.name}` is not there any more")


def _is_changed(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a function changes an object that it has under a name."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed: ast.expr = node.value
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES
        ):
            changed = node.func.value
        else:
            continue
        while isinstance(changed, ast.Attribute | ast.Subscript):
            changed = changed.value
        if isinstance(changed, ast.Name) and changed.id == name:
            return True
    return False
