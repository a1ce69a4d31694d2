"""What fixes share: the text of a file ready for editing, and nodes found again by the places that rules gave."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from pitstop.data import FileChange, Location
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.files import read_text
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source, stated_line_length
from pitstop.patching.unused import remove_dead_import

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Node
    from pitstop.project.model import ClassInfo, Module

_DEFAULT = 88
_USUAL = (100, 110, 120)
_SAMPLE = 60
_N = TypeVar("_N", bound=ast.expr | ast.stmt)


def open_source(project: Project, path: str) -> Source:
    """The file of a project as it stands on disk, or would, with the line length of the project's formatter. Raises PatchError."""
    text = project.unwritten.get(path) or read_text(project.root / path)
    if text is None:
        raise PatchError(f"{path} is not there any more", "Run pitstop again on the tree as it is now.")
    return Source(path, text, stated_line_length(project.root) or max(_DEFAULT, _habit(project, text)))


def _habit(project: Project, text: str) -> int:
    """The line length that code keeps to where no setting says one, told by the lines longer than the formatters' default."""
    modules = sorted(project.index.by_path.values(), key=lambda module: module.path)[:_SAMPLE]
    lines = [line for each in (text, *(m.source.text for m in modules)) for line in each.splitlines()]
    # Lines with strings and comments are left out: no formatter breaks those.
    longer = sorted(len(line) for line in lines if len(line) > _DEFAULT and not set(line) & set("\"'#"))
    if len(longer) < max(3, len(lines) / 500):
        return 0
    return next((limit for limit in _USUAL if longer[-1] <= limit), _USUAL[-1])


def is_annotated(source: Source) -> bool:
    """Whether some function of a file says what it returns: what is added there says it then, too."""
    return any(isinstance(node, Function) and node.returns is not None for node in ast.walk(source.tree))


def import_class(
    project: Project, source: Source, module: Module, info: ClassInfo, at: ast.AST | None = None
) -> tuple[list[Edit], str]:
    """The edits that make a class of the project usable in a module, and what it is called there. Raises PatchError."""
    if info.module is module:
        return [], info.name
    top = {
        each.asname or each.name
        for statement in source.tree.body
        if isinstance(statement, ast.ImportFrom)
        for each in statement.names
    }
    for local in module.bindings:
        found = project.index.member(module, local)
        if local in top and found is not None and found.how == "class" and found.target == info.qualname:
            return [], local
    return ensure_import(source, written_name(project, info.module), info.name, at=at)


def import_threadpool(source: Source, at: ast.AST) -> tuple[list[Edit], str]:
    """The edits that make `run_in_threadpool` usable, and what it is called; Starlette's own is as good where it is imported."""
    modules = {s.module for s in source.tree.body if isinstance(s, ast.ImportFrom) and not s.level}
    module = "starlette.concurrency" if "starlette.concurrency" in modules else "fastapi.concurrency"
    return ensure_import(source, module, "run_in_threadpool", at=at)


def written_name(project: Project, module: Module) -> str:
    """A module as the project's own imports call it, which tells what is on the path where it runs."""
    written: Counter[str] = Counter()
    for other in project.index.by_path.values():
        for bindings in other.bindings.values():
            for binding in bindings:
                head, _, last = binding.target.rpartition(".")
                if binding.how == "import" and head and project.index.module(head) is module:
                    written[head] += 1
                elif binding.how == "import" and last and project.index.module(binding.target) is module:
                    written[binding.target] += 1
    return written.most_common(1)[0][0] if written else module.name


def without_dead_import(change: FileChange, *names: str) -> FileChange:
    """The change without imports that it left unused."""
    for name in names:
        after = Source(change.path, change.after or "")
        used = Source(change.path, change.before or "")
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(used.tree)):
            text = after.apply(remove_dead_import(after, name)).text
            change = FileChange(path=change.path, before=change.before, after=text)
    return change


def node_at(source: Source, kind: type[_N] | tuple[type[_N], ...], location: Location) -> _N:
    """The node of a kind that spans exactly a location; a definition begins below its decorators. Raises PatchError."""
    start = source.offset(location.line, location.column)
    end = source.offset(location.end_line, location.end_column)
    for node in ast.walk(source.tree):
        if isinstance(node, kind) and source.own_start(node) == start and source.end(node) == end:
            return node
    raise PatchError(f"{source.path}:{location.line}: the code found there is not there any more")


def twin_of(source: Source, kind: type[_N], node: Node) -> _N:
    """The `ast` node of a light node of the same text. Raises PatchError."""
    wanted = node.span
    for found in ast.walk(source.tree):
        if isinstance(found, kind):
            span = (found.lineno, found.col_offset, found.end_lineno, found.end_col_offset)
            if span == wanted:
                return found
    raise PatchError(f"{source.path}:{node.line}: the code found there is not there any more")


def free_name(source: Source, node: ast.AST, *wanted: str) -> str:
    """The first of the names that neither the function around a node nor its module uses, nor Python itself. Raises PatchError."""
    function = next((p for p in source.parents(node) if isinstance(p, Function)), source.tree)
    taken = set(dir(builtins))
    for scope in (function, *source.tree.body):
        taken |= {n.id for n in ast.walk(scope) if isinstance(n, ast.Name)}
        taken |= {n.arg for n in ast.walk(scope) if isinstance(n, ast.arg)}
        taken |= {n.name for n in ast.walk(scope) if isinstance(n, Function | ast.ClassDef)}
        taken |= {(n.asname or n.name) for n in ast.walk(scope) if isinstance(n, ast.alias)}
    for name in wanted:
        if name not in taken:
            return name
    raise PatchError(f"no free name is left for `{wanted[0]}`")
