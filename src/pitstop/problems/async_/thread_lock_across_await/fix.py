"""Puts a lock of asyncio in the place of a lock of threads that coroutines alone take."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.files import read_text
from pitstop.patching.python import Function, Source
from pitstop.problems.bounded import of_asyncio
from pitstop.problems.editing import node_at, open_source, without_dead_import
from pitstop.problems.layout import settle
from pitstop.project.facts import Attr

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_TWINS = {"BoundedSemaphore", "Lock", "Semaphore"}
"""Locks that asyncio has too, with the same arguments."""
_OLD = re.compile(r"^\s*(?:requires-python|python)\s*=\s*[\"'][^\d\n]*3\.[789]\b", re.MULTILINE)
"""A project that runs on Python before 3.10, where a lock belongs to the loop that is there when it is made."""


def propose(finding: Finding, project: Project) -> Patch:
    """The twin of asyncio, and `async with`. Raises PatchError."""
    function = project.index.functions.get(finding.location.symbol)
    if function is None:
        raise PatchError("the function is not there any more")
    if _OLD.search(read_text(project.root / "pyproject.toml") or ""):
        raise PatchError(
            "before Python 3.10 a lock of asyncio belongs to the event loop that is there when it is made"
        )
    source = open_source(project, finding.location.path)
    lock = node_at(source, ast.expr, finding.location)
    if not isinstance(lock, ast.Name | ast.Attribute):
        raise PatchError("the lock is made, or handed over, where it is taken")
    return make_patch(
        finding,
        f"Wait for {source.segment(lock)} without holding the thread",
        (_changed(project, source, function, lock),),
        (),
        risk="The lock belongs to the event loop that it is first waited for on; threads and other loops must not take it.",
        validate="Send two requests at once: both are answered.",
        rollback="pitstop undo",
    )


def _changed(
    project: Project, source: Source, function: FunctionInfo, lock: ast.Name | ast.Attribute
) -> FileChange:
    made = _made(source, function, lock)
    value = made.value
    kind = source.segment(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
    if not isinstance(value, ast.Call) or kind not in _TWINS:
        raise PatchError("the lock is of a kind that asyncio has no twin of")
    if not _of_threads(source, value.func):
        raise PatchError("the lock is not one of `threading`: processes may share it")
    _refuse_others(project, function, lock)
    imports, twin = of_asyncio(source, kind, value)
    edits: list[Edit] = [*imports, source.edit(source.start(value.func), source.end(value.func), twin)]
    for use in _uses(source, lock, made):
        block = next(source.parents(next(source.parents(use))))
        parent = next(source.parents(use))
        around = next((p for p in source.parents(use) if isinstance(p, Function | ast.Lambda)), None)
        if not isinstance(parent, ast.withitem) or not isinstance(block, ast.With):
            raise PatchError(f"line {use.lineno} does something else with the lock than `with`")
        if len(block.items) != 1 or parent.optional_vars is not None:
            raise PatchError(f"line {use.lineno} opens more than the lock, or names it")
        if not isinstance(around, ast.AsyncFunctionDef):
            raise PatchError(f"line {use.lineno} takes the lock in a plain function: threads may need it")
        at = source.start(block)
        edits.append(source.edit(at, at, "async "))
    return without_dead_import(settle(source, edits), source.segment(value.func).partition(".")[0])


def _made(source: Source, function: FunctionInfo, lock: ast.Name | ast.Attribute) -> ast.Assign:
    """The one statement that makes the lock: of the module, or of the object. Raises PatchError."""
    text = source.segment(lock)
    if isinstance(lock, ast.Name):
        places: list[ast.AST] = list(source.tree.body)
        if lock.id in function.bindings:
            raise PatchError("the lock is made, or handed over, where it is taken")
    else:
        this = function.node.parameters[0].name if function.owner and function.node.parameters else ""
        if not isinstance(lock.value, ast.Name) or lock.value.id != this:
            raise PatchError("the lock is part of another object")
        cls = _class(source, lock)
        places = list(ast.walk(cls))
    found = [
        s for s in places if isinstance(s, ast.Assign) and any(source.segment(t) == text for t in s.targets)
    ]
    if len(found) != 1 or len(found[0].targets) != 1:
        raise PatchError("where the lock is made is not one plain assignment of this file")
    return found[0]


def _class(source: Source, node: ast.AST) -> ast.ClassDef:
    for parent in source.parents(node):
        if isinstance(parent, ast.ClassDef):
            return parent
    raise PatchError("the lock is part of another object")


def _of_threads(source: Source, func: ast.expr) -> bool:
    if isinstance(func, ast.Attribute):
        return source.segment(func.value) == "threading"
    return any(
        isinstance(s, ast.ImportFrom)
        and s.module == "threading"
        and any((each.asname or each.name) == source.segment(func) for each in s.names)
        for s in source.tree.body
    )


def _uses(source: Source, lock: ast.Name | ast.Attribute, made: ast.Assign) -> Iterator[ast.expr]:
    """Each place of the file that names the lock, but the one that makes it."""
    text = source.segment(lock)
    within: ast.AST = source.tree if isinstance(lock, ast.Name) else _class(source, lock)
    for node in ast.walk(within):
        if isinstance(node, type(lock)) and source.segment(node) == text and node is not made.targets[0]:
            yield node


def _refuse_others(project: Project, function: FunctionInfo, lock: ast.Name | ast.Attribute) -> None:
    """Raise PatchError where another file, or something that is not the object itself, may take the lock."""
    module = function.module
    name = lock.id if isinstance(lock, ast.Name) else lock.attr
    if isinstance(lock, ast.Name):
        for other in project.index.by_path.values():
            told = any(
                b.how == "import" and b.target == f"{module.name}.{name}"
                for bs in other.bindings.values()
                for b in bs
            )
            through = (
                module is not other
                and f".{name}" in other.source.text
                and module.name.rpartition(".")[2] in other.source.text
            )
            if told or through:
                raise PatchError(f"{other.path} may take the lock too")
        return
    own = function.owner
    assert own is not None
    for other_function in project.functions:
        for site in other_function.sites:
            if not isinstance(site.node, Attr) or site.node.attr != name:
                continue
            owner = project.types.type_of(site.node.value, other_function).name
            if owner == own.qualname and other_function.owner is own:
                continue
            above = project.types.mro(owner) if owner in project.index.classes else ()
            if not owner or any(each is own for each in above):
                raise PatchError(f"`{other_function.name}` may take the lock too")
