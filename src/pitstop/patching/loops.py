"""A statement taken out of a loop, and put below it: its comments come along, the empty lines around it do not stay."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.moving import first_line
from pitstop.patching.python import Source

Loop = ast.For | ast.AsyncFor


def loop_around(source: Source, statement: ast.stmt, does: str) -> Loop:
    """The loop whose body a statement stands in, or in an `if` that ends that body.

    Raises PatchError where more happens after such an `if`, and where the statement stands in another block; `does` says in one
    word what it does: "commit".
    """
    child = statement
    for parent in source.parents(statement):
        if not isinstance(parent, ast.For | ast.AsyncFor | ast.If) or child not in parent.body:
            break
        is_own = isinstance(parent, ast.For | ast.AsyncFor) and child is statement
        if not is_own and child is not parent.body[-1]:
            raise PatchError(f"a test decides which turns {does}, and more happens after it")
        if not isinstance(parent, ast.If):
            return parent
        if parent.orelse:
            break
        child = parent
    raise PatchError(
        f"the {does} stands in a block of its own on each turn: that each turn stands for itself may be meant"
    )


def outermost(source: Source, loop: Loop) -> Loop:
    """The outermost loop that a loop ends each turn of. Raises PatchError where the turns of one around it go on after it."""
    while isinstance(outer := next(source.parents(loop)), ast.For | ast.AsyncFor) and loop in outer.body:
        if loop is not outer.body[-1]:
            raise PatchError(
                "the loop stands in another, whose turns go on after it: which of the two belongs together has to be known"
            )
        loop = outer
    return loop


def turn_of(loop: ast.stmt) -> Iterator[ast.AST]:
    """All nodes of a loop's turns, functions defined inside left out."""
    todo: list[ast.AST] = list(getattr(loop, "body", ()))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(node))


def handles_errors(statement: ast.Try | ast.TryStar) -> bool:
    """Whether a `try` can meet errors of a call; one around a look-up (`KeyError`) alone cannot."""
    return any(isinstance(n, ast.Call | ast.Await) for each in statement.body for n in ast.walk(each))


def take_out(source: Source, statement: ast.stmt) -> tuple[Edit, list[str]]:
    """The edit that removes a statement, and its lines without indentation: the comments above it and on its line with it.

    Empty lines that set it off go too. Raises PatchError if it shares its line with others.
    """
    start, end = source.start(statement), source.end(statement)
    first, last = source.line_of(start), source.line_of(end)
    trailing = source.data[end : source.line_start(last + 1)].decode().strip()
    if not source.begins_line(statement) or (trailing and not trailing.startswith("#")):
        raise PatchError(f"{source.path}:{first}: the statement shares its line with others")
    text = source.segment(statement) + (f"  {trailing}" if trailing else "")
    above = first_line(source, statement)
    lines = [source.line_text(number).strip() for number in range(above, first)]
    while not source.line_text(above - 1).strip():
        above -= 1
    return source.edit(source.line_start(above), source.line_start(last + 1), ""), [*lines, text]


def put_below(source: Source, loop: ast.stmt, lines: list[str]) -> Edit:
    """The edit that puts lines below a loop, at its indentation. A comment at the end of its body belongs to it."""
    indent = source.indentation(loop)
    line = source.line_of(source.end(loop)) + 1
    while (below := source.line_text(line)).lstrip().startswith("#") and below.startswith(indent + " "):
        line += 1
    at = source.line_start(line)
    missing = "" if source.data[:at].endswith((b"\n", b"\r")) else source.newline
    return source.edit(at, at, missing + "".join(f"{indent}{each}{source.newline}" for each in lines))


def call_of(statement: ast.stmt | None) -> ast.Call | None:
    """The call that a statement consists of, awaited or not."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return value if isinstance(value, ast.Call) else None


def following(source: Source, statement: ast.stmt) -> ast.stmt | None:
    """The statement after another in its block."""
    block, place = source.block(statement)
    return block[place + 1] if place + 1 < len(block) else None
