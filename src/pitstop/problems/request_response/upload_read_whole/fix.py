"""Copies or hashes an upload in chunks, or looks at its size before it is read where that was done after."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.moving import first_line
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle
from pitstop.problems.request_response.upload_read_whole.hashes import CHUNK, hashed, hashing

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """Chunks where the upload is written to a file and no more; the look at its size, where there is one, before. Raises PatchError."""
    if finding.places:
        raise PatchError("it is read in several places of the function")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    upload = _upload(call)
    function = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    if function is None:
        raise PatchError("it is read in no function")
    _refuse_read_before(source, function, call, upload)
    edits, title = _sized(source, call, upload), f"Look at the size of {upload} before it is read"
    if edits is not None:
        _refuse_unknown_sizes(project)
    else:
        edits, done = _in_chunks(source, function, call)
        title = f"{done} {upload} in chunks"
    return make_patch(
        finding,
        title,
        (settle(source, edits),),
        (),
        risk="An upload that is too large is refused before it is read: nothing else is done with it in between."
        if "size" in title
        else "None: the hash is that of the same bytes."
        if title.startswith("Hash")
        else "An error in the middle of reading leaves a part of the file, where it left an empty one or none.",
        validate="Upload a file of ten times the size: the peak of memory does not move.",
        rollback="pitstop undo",
    )


def _refuse_unknown_sizes(project: Project) -> None:
    """Raise where an upload may be there whose size nobody has counted."""
    if project.versions.before("fastapi", 0, 92):
        raise PatchError("before FastAPI 0.92 an upload did not know its size")
    for module in project.index.by_path.values():
        if re.search(r"\bUploadFile\(", module.source.text):
            raise PatchError(f"{module.path} makes uploads itself, which may not know their size")


def _upload(call: ast.Call) -> str:
    """The name of the upload: `file` of `file.read()` and of `file.file.read()`."""
    value = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(value, ast.Attribute) and value.attr == "file":
        value = value.value
    if not isinstance(value, ast.Name):
        raise PatchError("the upload has no name of its own")
    return value.id


def _refuse_read_before(source: Source, function: Function, call: ast.Call, upload: str) -> None:
    """Raise where the upload may be at another place than its beginning."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id != upload or not isinstance(node.ctx, ast.Load):
            continue
        if source.start(node) >= source.start(call):
            continue
        parent = next(source.parents(node))
        is_told = isinstance(parent, ast.Attribute) and parent.attr in {"filename", "content_type", "headers"}
        is_asked = isinstance(
            parent, ast.UnaryOp | ast.BoolOp | ast.Compare | ast.If | ast.For | ast.AsyncFor
        )
        if not is_told and not is_asked:
            raise PatchError(f"`{ast.unparse(parent)}` may have read of it before")


def _read(source: Source, call: ast.Call) -> ast.expr:
    """The call with its `await`."""
    parent = next(source.parents(call))
    return parent if isinstance(parent, ast.Await) else call


# --- a look at the size ---------------------------------------------------------------------------------------------


def _sized(source: Source, call: ast.Call, upload: str) -> list[Edit] | None:
    """`content = await file.read()`, `if len(content) > most: raise ...`, the other way round. None where nothing asks for its length."""
    statement = source.statement(call)
    name = _named(statement, _read(source, call))
    if not name or not source.begins_line(statement):
        return None
    block, place = source.block(statement)
    lengths = [name]
    check = place + 1
    while check < len(block) and isinstance(block[check], ast.Assign) and _is_length(block[check], name):
        lengths.append(block[check].targets[0].id)  # type: ignore[attr-defined]
        check += 1
    found = block[check] if check < len(block) else None
    if not isinstance(found, ast.If) or found.orelse or not isinstance(found.body[-1], ast.Raise):
        return None
    asked = [n for n in ast.walk(found.test) if isinstance(n, ast.Name) and n.id in lengths]
    if not asked:
        return None
    wanted = [*block[place + 1 : check], found]
    edits: list[Edit] = []
    for each in wanted:
        for node in (n for n in ast.walk(each) if isinstance(n, ast.Name) and n.id == name):
            length = next(source.parents(node))
            if not isinstance(length, ast.Call) or source.segment(length) != f"len({name})":
                raise PatchError(f"`{name}` is looked at before its length is")
            is_whole = isinstance(each, ast.Assign) and each.value is length
            text = f"{upload}.size or 0" if is_whole else f"({upload}.size or 0)"
            edits.append(source.edit(source.start(length), source.end(length), text))
    first = source.line_start(source.line_of(source.start(statement)))
    last = source.line_start(source.line_of(source.end(statement)) + 1)
    after = first_line(source, wanted[0])
    between = source.data[last : source.line_start(after)]
    below = source.line_start(source.line_of(source.end(found)) + 1)
    put = source.data[first:last].decode()
    if below == len(source.data) and not source.data.endswith(b"\n"):
        put = source.newline + put.rstrip("\r\n")
    if between.strip():
        raise PatchError("a comment stands between the reading and the look at its length")
    return [
        source.edit(first, source.line_start(after), ""),
        *edits,
        source.edit(below, below, put),
    ]


def _named(statement: ast.stmt, value: ast.expr) -> str:
    """The name that a statement gives a value, if that is all that it does."""
    if isinstance(statement, ast.Assign) and statement.value is value and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def _is_length(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and ast.unparse(statement.value) == f"len({name})"
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
    )


# --- chunks ----------------------------------------------------------------------------------------------------------


def _in_chunks(source: Source, function: Function, call: ast.Call) -> tuple[list[Edit], str]:
    """The upload written or hashed chunk by chunk where that was done whole, and what is done with it."""
    read = _read(source, call)
    statement = source.statement(call)
    name = _named(statement, read)
    if any(isinstance(n, ast.Name) and n.id == "chunk" for n in ast.walk(function)):
        raise PatchError("the function has a name `chunk` of its own")
    if not name:
        made = hashing(source, read)
        if made is not None:
            return hashed(source, made, read, None), "Hash"
        write = _writing(source, read)
        return [_loop(source, write, read, read)], "Copy"
    uses = [
        n
        for n in ast.walk(function)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    ]
    stored = [
        n
        for n in ast.walk(function)
        if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
    ]
    if len(uses) != 1 or len(stored) != 1:
        raise PatchError("what is read is needed whole: how large it may be is yours to decide")
    made = hashing(source, uses[0])
    if made is not None:
        _refuse_comment(source, statement)
        return hashed(source, made, read, statement), "Hash"
    write = _writing(source, uses[0])
    _refuse_distance(source, statement, write)
    start = source.line_start(source.line_of(source.start(statement)))
    end = source.line_start(source.line_of(source.end(statement)) + 1)
    _refuse_comment(source, statement)
    if source.block(statement)[1] == 0:
        while not source.line(source.line_of(end)).strip():
            end = source.line_start(source.line_of(end) + 1)
    return [source.edit(start, end, ""), _loop(source, write, uses[0], read)], "Copy"


def _refuse_comment(source: Source, statement: ast.stmt) -> None:
    first = source.line_of(source.start(statement))
    lines = source.data[
        source.line_start(first) : source.line_start(source.line_of(source.end(statement)) + 1)
    ]
    if lines.decode().strip() != source.segment(statement) or source.line(first - 1).strip().startswith(b"#"):
        raise PatchError("a comment speaks of what is read, or the statement shares its line")


def _writing(source: Source, content: ast.expr) -> ast.Expr:
    """The statement that writes the content to a file that was opened around it, and does no more."""
    call = next(source.parents(content))
    statement = source.statement(content)
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    if (
        not isinstance(statement, ast.Expr)
        or value is not call
        or not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
        or call.func.attr != "write"
        or len(call.args) != 1
        or not isinstance(call.func.value, ast.Name)
    ):
        raise PatchError("what is read is needed whole: how large it may be is yours to decide")
    file = call.func.value.id
    for parent in source.parents(statement):
        if isinstance(parent, ast.With | ast.AsyncWith):
            for item in parent.items:
                target = item.optional_vars
                if isinstance(target, ast.Name) and target.id == file and _opens(item.context_expr):
                    return statement
        if isinstance(parent, Function):
            break
    raise PatchError(f"what `{file}` is, and whether it takes the content in parts, is not seen")


def _opens(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Call) and ast.unparse(expr.func).rpartition(".")[2] in {
        "open", "open_file", "NamedTemporaryFile", "TemporaryFile",
    }  # fmt: skip


def _refuse_distance(source: Source, statement: ast.stmt, write: ast.Expr) -> None:
    """Raise unless only the opening of the file stands between the reading and the writing, and both happen as often."""
    block, place = source.block(statement)
    own, at = source.block(write)
    if own is block:
        if at != place + 1:
            raise PatchError("something is done between the reading and the writing")
        return
    opening = next(source.parents(write))
    if (
        not isinstance(opening, ast.With | ast.AsyncWith)
        or own[0] is not write
        or place + 1 >= len(block)
        or block[place + 1] is not opening
    ):
        raise PatchError("something is done between the reading and the writing")


def _loop(source: Source, write: ast.Expr, content: ast.expr, read: ast.expr) -> Edit:
    if not source.begins_line(write):
        raise PatchError("the writing shares its line with others")
    indent = source.indentation(write)
    closing = source.end(read) - 1
    reading = source.data[source.start(read) : closing].decode().partition("(")[0] + f"({CHUNK})"
    start, end = source.start(write), source.end(write)
    text = (
        source.data[start : source.start(content)].decode()
        + "chunk"
        + source.data[source.end(content) : end].decode()
    )
    return source.edit(
        start, end, f"while chunk := {reading}:{source.newline}{indent}{source.indent_unit}{text}"
    )
