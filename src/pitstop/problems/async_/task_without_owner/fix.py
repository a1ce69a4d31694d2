"""Keeps the tasks of a module in a set until they are done, as Python's documentation of `asyncio.create_task` has it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.moving import first_line
from pitstop.patching.python import Function, Source
from pitstop.patching.statements import insert_after
from pitstop.problems.async_.task_without_owner.rule import started
from pitstop.problems.behind import lightest
from pitstop.problems.editing import free_name, is_annotated, open_source, twin_of
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_WHY = "# An event loop has weak references to its tasks only."


def propose(finding: Finding, project: Project) -> Patch:
    """A set that holds the tasks. Raises PatchError."""
    found = next((own for module, own in started(project) if module.path == finding.location.path), [])
    if finding.fix.fix_class != "safe" or not found:
        raise PatchError("what it does has never happened: whether it should is for you to say, and to await")
    source = open_source(project, finding.location.path)
    calls = [twin_of(source, ast.Call, each.site.node) for each in found]
    edits = _kept(source, calls)
    apps = {app.identity for app in project.routes.apps}
    return make_patch(
        finding,
        f"Keep the tasks of {finding.location.path} until they are done",
        (settle(source, edits),),
        (),
        routes=finding.routes or lightest(project, apps),
        risk="The set grows with tasks that never end: it has as many as are running.",
        validate="With `len()` of the set in a log: it comes back to nothing when the tasks are done.",
        rollback="pitstop undo",
    )


def _kept(source: Source, calls: list[ast.Call]) -> list[Edit]:
    known = _known(source)
    if known:
        return [edit for call in calls for edit in _beside(source, call, known)]
    first = min((_top(source, call) for call in calls), key=source.start)
    kept = free_name(source, source.tree.body[0], "background_tasks", "running_tasks", "kept_tasks")
    edits: list[Edit] = []
    kind = ""
    if is_annotated(source):
        more, task = ensure_import(source, "asyncio", "Task")
        some, anything = ensure_import(source, "typing", "Any")
        edits, kind = [*more, *some], f"{task}[{anything}]"
    lines = [_WHY, f"{kept}: set[{kind}] = set()" if kind else f"{kept} = set()"]
    if len(calls) == 1:
        edits += _beside(source, calls[0], kept)
    else:
        keep = free_name(source, source.tree.body[0], "keep_task", "keep_running")
        unit = source.indent_unit
        head = f"def {keep}(task: {kind}) -> None:" if kind else f"def {keep}(task):"
        lines += ["", "", head, f"{unit}{kept}.add(task)", f"{unit}task.add_done_callback({kept}.discard)"]
        for call in calls:
            start, end = source.start(call), source.end(call)
            edits += [source.edit(start, start, f"{keep}("), source.edit(end, end, ")")]
    at = source.line_start(first_line(source, first))
    text = "\n".join([*lines, "", "", ""])
    return [*edits, source.edit(at, at, text.replace("\n", source.newline))]


def _beside(source: Source, call: ast.Call, kept: str) -> list[Edit]:
    """The task given a name, and put into a set until it is done."""
    statement = source.statement(call)
    name = (
        "task" if not _says(source, call, "task") else free_name(source, call, "background_task", "running")
    )
    start = source.start(call)
    below = f"{kept}.add({name})\n{name}.add_done_callback({kept}.discard)"
    return [source.edit(start, start, f"{name} = "), *insert_after(source, statement, below)]


def _says(source: Source, call: ast.Call, name: str) -> bool:
    """Whether the function around a call uses a name, or the module gives it to something."""
    function = next((each for each in source.parents(call) if isinstance(each, Function)), source.tree)
    return name in _globals(source) or any(
        name in {getattr(node, "id", ""), getattr(node, "arg", "")} for node in ast.walk(function)
    )


def _globals(source: Source) -> set[str]:
    """The names that assignments at the top of the module make."""
    return {
        target.id
        for statement in source.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
    }


def _known(source: Source) -> str:
    """A set of the module that keeps other tasks already, as `task.add_done_callback(tasks.discard)` shows."""
    made = _globals(source)
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="add_done_callback"),
                args=[ast.Attribute(value=ast.Name(id=name), attr="discard")],
            ) if name in made:
                return name
    return ""


def _top(source: Source, node: ast.AST) -> ast.stmt:
    return next(top for top in source.tree.body if any(each is node for each in ast.walk(top)))
