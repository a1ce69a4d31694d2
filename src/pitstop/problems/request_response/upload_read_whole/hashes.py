"""An upload that is read only to be hashed, hashed chunk by chunk."""

from __future__ import annotations

import ast
import hashlib

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import free_name

CHUNK = "1024 * 1024"
_DEEPER = ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def hashing(source: Source, content: ast.expr) -> ast.Call | None:
    """The call that hashes a content at once, if it is one of hashlib's; None for anything else."""
    made = next(source.parents(content))
    if not isinstance(made, ast.Call) or made.args != [content]:
        return None
    owner, _, name = ast.unparse(made.func).rpartition(".")
    imported = any(
        isinstance(node, ast.ImportFrom) and node.module == "hashlib" and name in {n.name for n in node.names}
        for node in ast.walk(source.tree)
    )
    is_known = owner == "hashlib" or (not owner and imported)
    return made if is_known and name in hashlib.algorithms_guaranteed else None


def hashed(source: Source, made: ast.Call, read: ast.expr, named: ast.stmt | None) -> list[Edit]:
    """The hash filled chunk by chunk before the statement that makes it of all. Raises PatchError.

    `read` is what reads the upload; `named` the statement right above that gives it a name, where one does.
    """
    statement = source.statement(made)
    if named is not None:
        block, place = source.block(named)
        if place + 1 >= len(block) or block[place + 1] is not statement:
            raise PatchError("something is done between the reading and the hashing")
    for parent in source.parents(made):
        if parent is statement:
            break
        if isinstance(parent, _DEEPER):
            raise PatchError("whether it is hashed is decided within the statement")
    if (
        isinstance(statement, ast.While | Function | ast.ClassDef)
        or not source.begins_line(statement)
        or _is_elif(source, statement)
    ):
        raise PatchError("the chunks have no place before the hashing")
    whole = isinstance(statement, ast.Assign) and statement.value is made and len(statement.targets) == 1
    target = statement.targets[0] if isinstance(statement, ast.Assign) and whole else None
    name = (
        target.id if isinstance(target, ast.Name) else free_name(source, made, "digest", "hashed", "checksum")
    )
    options = source.data[source.end(made.args[0]) : source.end(made) - 1].decode().strip(" ,\r\n")
    indent = source.indentation(statement)
    reading = source.segment(read).rpartition("(")[0]
    lines = [
        f"{name} = {source.segment(made.func)}({options})",
        f"while chunk := {reading}({CHUNK}):",
        f"{source.indent_unit}{name}.update(chunk)",
    ]
    text = f"{source.newline}{indent}".join(lines)
    edits = [] if named is None else [_without(source, named)]
    start = source.start(statement)
    if isinstance(target, ast.Name):
        return [*edits, source.edit(start, source.end(statement), text)]
    rest = source.data[start : source.start(made)].decode()
    return [*edits, source.edit(start, source.end(made), f"{text}{source.newline}{indent}{rest}{name}")]


def _without(source: Source, named: ast.stmt) -> Edit:
    """A statement taken out, with the blank lines below it."""
    after = source.line_of(source.end(named)) + 1
    while not source.line(after).strip():
        after += 1
    return source.edit(source.line_start(source.line_of(source.start(named))), source.line_start(after), "")


def _is_elif(source: Source, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and source.segment(statement).startswith("elif")
