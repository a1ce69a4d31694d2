"""Edits that move a whole statement, with the comments that belong to it, within its block."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Finder, Function, Source


def move_before(source: Source, statement: ast.stmt, target: ast.stmt) -> list[Edit]:
    """A statement put before an earlier one of its block; comments right above either stay with theirs. Raises PatchError."""
    block, place = source.block(statement)
    to = next((n for n, each in enumerate(block) if each is target), place)
    if to >= place:
        raise PatchError(f"{source.path}:{statement.lineno}: the two are not in one block, in this order")
    intend = _from_to(source, statement, place, to, (target, block[place - 1]))
    first, after = first_line(source, statement), source.line_of(source.end(statement)) + 1
    gap = first
    while gap > 1 and not source.line(gap - 1).strip():
        gap -= 1
    start, end = source.line_start(first), source.line_start(after)
    text = source.data[start:end].decode()
    blank = source.data[source.line_start(gap) : start].decode()
    if not text.endswith(("\n", "\r")):
        text += source.newline
    at = source.line_start(first_line(source, target))
    return source.checked(
        [
            source.edit(at, at, text + blank),
            source.edit(source.line_start(gap), end, ""),
        ],
        intend,
    )


def _from_to(
    source: Source, statement: ast.stmt, place: int, to: int, beside: Iterable[ast.stmt]
) -> Callable[[ast.Module, Finder], None]:
    """What moving a statement within its block means for the tree. Raises PatchError where it, or one beside it, shares a line."""
    for each in (*beside, statement):
        if not source.begins_line(each) or source.data[source.end(each) :].lstrip(b" \t")[:1] == b";":
            raise PatchError(f"{source.path}:{each.lineno}: the statement shares its line with others")

    def intend(_tree: ast.Module, twin: Finder) -> None:
        wanted = twin(statement)
        owner = twin(next(source.parents(statement)))
        own = next(v for _, v in ast.iter_fields(owner) if isinstance(v, list) and wanted in v)
        own.insert(to, own.pop(place))

    return intend


def first_line(source: Source, statement: ast.stmt) -> int:
    """The line of a statement, or of the comments right above it."""
    line = source.line_of(source.start(statement))
    while line > 1 and source.line(line - 1).lstrip().startswith(b"#"):
        line -= 1
    return line


def move_after(source: Source, statement: ast.stmt, target: ast.stmt) -> list[Edit]:
    """A statement put after a later one of its block; comments right above it go along. Raises PatchError."""
    block, place = source.block(statement)
    to = next((n for n, each in enumerate(block) if each is target), place)
    if to <= place:
        raise PatchError(f"{source.path}:{statement.lineno}: the two are not in one block, in this order")
    intend = _from_to(source, statement, place, to, (target, block[place + 1]))
    first, after = first_line(source, statement), source.line_of(source.end(statement)) + 1
    text = source.data[source.line_start(first) : source.line_start(after)].decode()
    if place == 0 or (first > 1 and not source.line(first - 1).strip()):
        while not source.line(after).strip():
            after += 1
    at = source.line_start(source.line_of(source.end(target)) + 1)
    ends = source.data[:at].endswith((b"\n", b"\r"))
    blank = source.newline * (_apart(source, target) + (not ends))
    return source.checked(
        [
            source.edit(source.line_start(first), source.line_start(after), ""),
            source.edit(at, at, blank + (text if ends else text.rstrip("\r\n"))),
        ],
        intend,
    )


def _apart(source: Source, above: ast.stmt) -> int:
    """How many blank lines formatters put between a statement and one below it."""
    if isinstance(above, Function | ast.ClassDef):
        return 1 if source.indentation(above) else 2
    return int(hasattr(above, "body"))


def refuse_made_between(source: Source, statement: ast.stmt, passed: Iterable[ast.stmt]) -> None:
    """Raise PatchError where a statement needs, before those that it is put before, something that these make.

    Of a function its head counts: what its body needs is looked for when it runs.
    """
    made = {name for each in passed for node in ast.walk(each) for name in _bound(node, top=each)}
    head: list[ast.AST] = [statement]
    if isinstance(statement, Function):
        returns = [statement.returns] if statement.returns else []
        head = [*statement.decorator_list, statement.args, *returns]
    needed = {node.id for each in head for node in ast.walk(each) if isinstance(node, ast.Name)}
    needed |= {
        word
        for each in head
        for node in ast.walk(each)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"\w+", node.value)
        if word in made
    }
    own = {statement.name} if isinstance(statement, Function) else set()
    for name in sorted(made & (needed | own)):
        raise PatchError(f"{source.path}:{statement.lineno}: `{name}` is made between the two")


def _bound(node: ast.AST, top: ast.stmt) -> set[str]:
    """The names that a node binds in the scope of a statement."""
    if isinstance(node, Function | ast.ClassDef):
        return {node.name} if node is top or not isinstance(top, Function | ast.ClassDef) else set()
    if isinstance(top, Function | ast.ClassDef):
        return set()
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).partition(".")[0]}
    return {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()
