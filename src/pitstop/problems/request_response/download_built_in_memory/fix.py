"""Has a file sent from where it lies, in chunks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import node_at, open_source, without_dead_import
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_KEPT = {"media_type", "headers", "status_code", "background"}
"""What `FileResponse` takes as the other responses do."""

_TOLD = ("accept-ranges", "etag", "last-modified")
"""The headers that `FileResponse` adds."""


def from_file(finding: Finding, project: Project) -> Patch:
    """`FileResponse(path, ...)` where a response holds what was read. Raises PatchError."""
    if finding.places:
        raise PatchError("several responses of the function hold a file")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    edits = _sent(source, call)
    change = without_dead_import(settle(source, edits), *_roots(source, call))
    return make_patch(
        finding,
        "Send the file from where it lies",
        (change,),
        (),
        meant=Meant(headers=_TOLD),
        risk="A file that is missing fails as the answer is sent, where nothing asks before whether it is there; one that is removed after the answer was made is not "
        "sent any more.",
        validate="Compare bytes and headers, also of a request with `Range`; the peak of memory does not move with the size of the file.",
        rollback="pitstop undo",
    )


def _roots(source: Source, call: ast.Call) -> list[str]:
    """The names that the response was made of, which may be needed no more."""
    names = [source.segment(call.func).partition(".")[0]]
    names += [n.id for n in ast.walk(call.args[0] if call.args else call) if isinstance(n, ast.Name)]
    return list(dict.fromkeys(names))


def _sent(source: Source, call: ast.Call) -> list[Edit]:
    statement = source.statement(call)
    if not isinstance(statement, ast.Return) or statement.value is not call:
        raise PatchError("something is done with the response before it is given back")
    given = {keyword.arg for keyword in call.keywords} - {"content"}
    if len(call.args) > 1 or not given <= _KEPT:
        raise PatchError("the response is given more than a type, headers and a status")
    if "media_type" not in given:
        raise PatchError("the response names no type: `FileResponse` would guess one by the file's name")
    content = call.args[0] if call.args else next(k.value for k in call.keywords if k.arg == "content")
    imports, response = ensure_import(source, "fastapi.responses", "FileResponse", at=call)
    read, block, assigned = _read(source, statement, _unwrapped(content))
    if any(isinstance(parent, ast.Try) for node in (read, statement) for parent in source.parents(node)):
        raise PatchError(
            "what goes wrong with the file is answered for where it is read: `FileResponse` reads it later"
        )
    path = source.segment(_path(read))
    edits = [
        *imports,
        source.edit(source.start(call.func), source.end(call.func), response),
        source.edit(source.start(content), source.end(content), path),
    ]
    if not call.args:
        keyword = next(k for k in call.keywords if k.arg == "content")
        edits[-1] = source.edit(source.start(keyword), source.end(keyword), f"path={path}")
    return [*edits, *_without(source, statement, block, assigned)]


def _unwrapped(content: ast.expr) -> ast.expr:
    """What is in `io.BytesIO(...)`, `iter([...])` and the like."""
    while True:
        if isinstance(content, ast.Call) and content.args and _last(content.func) in {"BytesIO", "iter"}:
            content = content.args[0]
        elif isinstance(content, ast.List | ast.Tuple) and len(content.elts) == 1:
            content = content.elts[0]
        else:
            return content


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _read(
    source: Source, statement: ast.Return, content: ast.expr
) -> tuple[ast.Call, ast.With | None, ast.Assign | None]:
    """What opens the file, the block that it is open in, and the statement that keeps its content. Raises PatchError."""
    function = next((p for p in source.parents(statement) if isinstance(p, Function)), None)
    assert function is not None
    assigned: ast.Assign | None = None
    if isinstance(content, ast.Name):
        names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == content.id]
        kept = [
            s for s in ast.walk(function) if isinstance(s, ast.Assign) and _is_name(s.targets, content.id)
        ]
        if len(names) != 2 or len(kept) != 1:
            raise PatchError("what was read is used for more than the response")
        assigned = kept[0]
        content = assigned.value
    if isinstance(content, ast.Call) and _last(content.func) == "read_bytes":
        return content, None, assigned
    file = (
        content.func.value
        if isinstance(content, ast.Call) and isinstance(content.func, ast.Attribute)
        else None
    )
    if not isinstance(content, ast.Call) or not isinstance(file, ast.Name):
        raise PatchError(
            "it is read by coroutines, or the file has no name: pitstop does not see how to take that away"
        )
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == file.id]
    block = next(
        (
            w
            for w in ast.walk(function)
            if isinstance(w, ast.With) and len(w.items) == 1 and _is_name([w.items[0].optional_vars], file.id)
        ),
        None,
    )
    if block is None or len(uses) != 2 or not isinstance(block.items[0].context_expr, ast.Call):
        raise PatchError(
            f"`{file.id}` is used for more than to be read, or is not opened by a `with` of its own"
        )
    return block.items[0].context_expr, block, assigned


def _is_name(targets: list[ast.expr] | list[ast.expr | None], name: str) -> bool:
    return len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id == name


def _path(opened: ast.Call) -> ast.expr:
    """The path of `open(path, "rb")`, `path.open("rb")` and `path.read_bytes()`."""
    if isinstance(opened.func, ast.Attribute) and opened.func.attr in {"open", "read_bytes"} and not (
        isinstance(opened.func.value, ast.Name) and opened.func.value.id == "io"
    ):  # fmt: skip
        return opened.func.value
    return opened.args[0] if opened.args else opened.keywords[0].value


def _without(
    source: Source, statement: ast.Return, block: ast.With | None, assigned: ast.Assign | None
) -> list[Edit]:
    """The edits that take away the reading: a statement of its own, with its block, or the block around the response."""
    gone: ast.stmt | None = block if block is not None else assigned
    if gone is None:
        return []
    if block is not None and any(each is statement for each in block.body):
        if len(block.body) > 1 or not source.begins_line(block) or not source.begins_line(statement):
            raise PatchError("more is done while the file is open")
        head, body = source.line_of(source.start(block)), source.line_of(source.start(statement))
        edits = [source.edit(source.line_start(head), source.line_start(body), "")]
        deeper, outer = source.indentation(statement), source.indentation(block)
        for number in range(body, source.line_of(source.end(statement)) + 1):
            if source.line(number).decode().startswith(deeper):
                at = source.line_start(number)
                edits.append(source.edit(at + len(outer.encode()), at + len(deeper.encode()), ""))
        return edits
    if block is not None and (assigned is None or block.body != [assigned]):
        raise PatchError("more is done while the file is open")
    own, place = source.block(gone)
    if statement not in own or own.index(statement) != place + 1:
        raise PatchError("something is done between the reading and the response")
    first, last = (
        source.line_start(source.line_of(source.start(gone))),
        source.line_start(source.line_of(source.start(statement))),
    )
    if "#" in source.data[first:last].decode():
        raise PatchError("a comment speaks of the reading")
    return [source.edit(first, last, "")]
