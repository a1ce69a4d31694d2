"""Goes through a file line by line, or copies or hashes it in pieces, where it was read whole for that."""

from __future__ import annotations

import ast
import hashlib
import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_OPENS = {"open", "urlopen", "extractfile", "NamedTemporaryFile", "TemporaryFile"}
_ONE_BY_ONE = {"enumerate", "filter", "map", "reader", "DictReader", "islice"}
"""What asks for one line after the other, of a file as of a list."""
_TAKES_ALL = {
    "all",
    "any",
    "dict",
    "frozenset",
    "join",
    "list",
    "max",
    "min",
    "set",
    "sorted",
    "sum",
    "tuple",
}


def propose(finding: Finding, project: Project) -> Patch:
    """The file itself in the place of its lines, `copyfileobj` or `file_digest`. Raises PatchError."""
    if finding.places:
        raise PatchError("it is read in several places of the function")
    source = open_source(project, finding.location.path)
    call = node_at(source, (ast.Call, ast.Attribute), finding.location)
    read = call.func if isinstance(call, ast.Call) else None
    if (
        not isinstance(call, ast.Call)
        or not isinstance(read, ast.Attribute)
        or not isinstance(read.value, ast.Name)
        or read.attr not in {"read", "readlines"}
    ):
        raise PatchError(
            "it has no name by which it could be gone through: open it, then go through it or copy it"
        )
    file = read.value.id
    if isinstance(next(source.parents(call)), ast.Await):
        raise PatchError("it is read by coroutines, which have other ways to go through a file")
    _refuse_unknown(source, call, file)
    if read.attr == "readlines":
        edits, title = _lines(source, call, file), f"Go through {file} line by line"
    elif _is_hashed(call, next(source.parents(call))):
        edits, title = _hashed(project, source, call, file), f"Hash {file} in pieces"
    else:
        edits, title = _copied(source, call, file), f"Copy {file} in pieces"
    return make_patch(
        finding,
        title,
        (settle(source, edits),),
        (),
        risk="An error in the middle of reading comes after the first lines were used, or leaves a part of the copy.",
        validate="Call the route with a file of ten times the size: the peak of memory does not move.",
        rollback="pitstop undo",
    )


def _refuse_unknown(source: Source, call: ast.Call, file: str) -> None:
    """Raise unless the file was opened in this function, once, and nothing was read of it before."""
    function = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    if function is None:
        raise PatchError("it is read in no function")
    made: list[ast.expr] = []
    for node in ast.walk(function):
        if isinstance(node, ast.With):
            made += [i.context_expr for i in node.items if _is_name(i.optional_vars, file)]
        elif isinstance(node, ast.Assign) and any(_is_name(t, file) for t in node.targets):
            made.append(node.value)
    stored = [n for n in ast.walk(function) if _is_name(n, file) and not isinstance(n.ctx, ast.Load)]  # type: ignore[attr-defined]
    opened = made[0] if len(made) == len(stored) == 1 else None
    if not isinstance(opened, ast.Call) or ast.unparse(opened.func).rpartition(".")[2] not in _OPENS:
        raise PatchError(f"what `{file}` is, and whether it gives its content in parts, is not seen")
    uses = [n for n in ast.walk(function) if _is_name(n, file) and isinstance(n.ctx, ast.Load)]  # type: ignore[attr-defined]
    others = [n for n in uses if n is not getattr(call.func, "value", None)]
    if any(not isinstance(next(source.parents(n)), ast.Compare | ast.UnaryOp | ast.BoolOp) for n in others):
        raise PatchError(f"something else is done with `{file}` too")


def _is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


# --- line by line ----------------------------------------------------------------------------------------------------


def _lines(source: Source, call: ast.Call, file: str) -> list[Edit]:
    """`for line in file.readlines()` as `for line in file`; also what takes one line after the other."""
    value: ast.expr = call
    for parent in source.parents(call):
        if isinstance(parent, ast.Call) and value in parent.args and _name(parent.func) in _ONE_BY_ONE:
            value = parent
            continue
        if isinstance(parent, ast.For | ast.comprehension) and parent.iter is value:
            _refuse_later(source, parent)
            break
        if isinstance(parent, ast.Call) and _is_name(parent.func, "len") and value is call:
            return [source.edit(source.start(parent), source.end(parent), f"sum(1 for _ in {file})")]
        raise PatchError("its lines are kept, or used elsewhere than in a loop")
    return [source.edit(source.start(call), source.end(call), file)]


def _refuse_later(source: Source, loop: ast.For | ast.comprehension) -> None:
    """Raise for a generator that may be gone through when the file is closed: it took the lines as it was made."""
    if isinstance(loop, ast.comprehension):
        made = next(source.parents(loop))
        if isinstance(made, ast.GeneratorExp):
            around = next(source.parents(made))
            if not isinstance(around, ast.Call) or _name(around.func) not in _TAKES_ALL:
                raise PatchError("its lines go into a generator, which may outlive the open file")


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


# --- in pieces -------------------------------------------------------------------------------------------------------


def _copied(source: Source, call: ast.Call, file: str) -> list[Edit]:
    """`target.write(file.read())` as `shutil.copyfileobj(file, target)`."""
    written = next(source.parents(call))
    statement = source.statement(call)
    if (
        not isinstance(written, ast.Call)
        or not isinstance(written.func, ast.Attribute)
        or written.func.attr != "write"
        or written.args != [call]
        or not isinstance(statement, ast.Expr)
        or statement.value is not written
    ):
        raise PatchError(
            "its content is used otherwise than written to a file, at once and with nothing added"
        )
    target = source.segment(written.func.value)
    imports, local = ensure_import(source, "shutil", at=written)
    return [
        *imports,
        source.edit(source.start(written), source.end(written), f"{local}.copyfileobj({file}, {target})"),
    ]


def _is_hashed(call: ast.Call, parent: ast.AST) -> bool:
    """Whether a call gives its content to one of hashlib's functions, and nothing else."""
    return (
        isinstance(parent, ast.Call)
        and parent.args == [call]
        and not parent.keywords
        and _name(parent.func) in hashlib.algorithms_guaranteed
    )


def _hashed(project: Project, source: Source, call: ast.Call, file: str) -> list[Edit]:
    """`hashlib.md5(file.read())` as `hashlib.file_digest(file, hashlib.md5)`."""
    if not _has_file_digest(project):
        raise PatchError(
            "`hashlib.file_digest` came with Python 3.11, and `pyproject.toml` does not say that the service needs it"
        )
    made = next(source.parents(call))
    assert isinstance(made, ast.Call)
    imports: list[Edit] = []
    if isinstance(made.func, ast.Attribute):
        function = f"{source.segment(made.func.value)}.file_digest"
    else:
        imports, function = ensure_import(source, "hashlib", "file_digest", at=made)
    text = f"{function}({file}, {source.segment(made.func)})"
    return [*imports, source.edit(source.start(made), source.end(made), text)]


def _has_file_digest(project: Project) -> bool:
    path = project.root / "pyproject.toml"
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    found = re.search(
        r"^\s*(?:requires-python|python)\s*=\s*[\"'](?:>=|~=|==|\^)?\s*3\.(\d+)", text, re.MULTILINE
    )
    return found is not None and int(found[1]) >= 11
