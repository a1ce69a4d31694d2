"""Edits of whole statements: put before or after another, taken out of their `with` or `if`, or away."""

from __future__ import annotations

import ast
import re
import tokenize

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Finder, Source, parse_statements

_TO_SEMICOLON = re.compile(rb"(?:[ \t\f]|\\\r?\n)*;(?:[ \t\f]|\\\r?\n)*")


def _indented(text: str, indent: str, newline: str) -> str:
    """Statements written at no indentation, at that of their place; lines inside of strings stay."""
    inner = Source("<inserted>", text)
    lines = text.rstrip("\n").split("\n")
    return "".join(
        (line if number in inner.string_lines or not line.strip() else indent + line) + newline
        for number, line in enumerate(lines, 1)
    )


def _is_docstring(source: Source, statement: ast.stmt) -> bool:
    block, place = source.block(statement)
    owner = next(source.parents(statement))
    return (
        place == 0
        and isinstance(owner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and block is owner.body
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _one_line(source: Source, statement: ast.stmt, text: str) -> str:
    new = parse_statements(text)
    simple = all(not hasattr(each, "body") for each in new)
    if "\n" in text.rstrip("\n") or not simple:
        raise PatchError(
            f"{source.path}:{statement.lineno}: the statement shares its line with others",
            "Give each statement a line of its own, then look for a patch again.",
        )
    return text.strip()


def insert_before(source: Source, statement: ast.stmt, text: str) -> list[Edit]:
    """Statements before another, at its indentation; before its decorators if it has some.

    `text` is written at no indentation, with `\\n`. Raises PatchError before a docstring, and where the statement shares
    its line and `text` cannot.
    """
    if _is_docstring(source, statement):
        raise PatchError(f"{source.path}:{statement.lineno}: nothing can stand before a docstring")

    def intend(_tree: ast.Module, twin: Finder) -> None:
        _insert(source, statement, twin, text, 0)

    start = source.start(statement)
    if not source.begins_line(statement):
        put = _one_line(source, statement, text) + "; "
        return source.checked([source.edit(start, start, put)], intend)
    at = source.line_start(source.line_of(start))
    put = _indented(text, source.indentation(statement), source.newline)
    return source.checked([source.edit(at, at, put)], intend)


def insert_after(source: Source, statement: ast.stmt, text: str) -> list[Edit]:
    """Statements after another and the comment on its line, at its indentation. Raises PatchError as `insert_before`."""

    def intend(_tree: ast.Module, twin: Finder) -> None:
        _insert(source, statement, twin, text, 1)

    end = source.end(statement)
    shares = _TO_SEMICOLON.match(source.data, end)
    if shares or not source.begins_line(statement):
        put = "; " + _one_line(source, statement, text)
        return source.checked([source.edit(end, end, put)], intend)
    return source.checked([_after_line(source, end, source.indentation(statement), text)], intend)


def _after_line(source: Source, end: int, indent: str, text: str) -> Edit:
    at = source.line_start(source.line_of(end) + 1)
    put = _indented(text, indent, source.newline)
    if at == len(source.data) and not source.data.endswith((b"\n", b"\r")):
        put = source.newline + put.removesuffix(source.newline)
    return source.edit(at, at, put)


def _insert(source: Source, statement: ast.stmt, twin: Finder, text: str, offset: int) -> None:
    block, place = _twin_block(source, statement, twin)
    block[place + offset : place + offset] = parse_statements(text)


def _twin_block(source: Source, statement: ast.stmt, twin: Finder) -> tuple[list[ast.stmt], int]:
    block, place = source.block(statement)
    owner = twin(next(source.parents(statement)))
    wanted = twin(block[place])
    for _, value in ast.iter_fields(owner):
        if isinstance(value, list) and any(each is wanted for each in value):
            return value, place
    raise PatchError(f"{source.path}:{statement.lineno}: a statement that is in no block")


def unwrap_with(source: Source, statement: ast.With | ast.AsyncWith, item: int = 0) -> list[Edit]:
    """A `with` without one of its items; without the last one, its body one step less indented.

    A comment on the header's line becomes a line of its own. Raises PatchError.
    """
    if len(statement.items) > 1:
        return _drop_item(source, statement, item)
    return _unwrapped(source, statement)


def unwrap_if(source: Source, statement: ast.If) -> list[Edit]:
    """The body of an `if` without `else`, one step less indented. Raises PatchError."""
    return _unwrapped(source, statement)


def remove(source: Source, statement: ast.stmt, *, comment_stays: bool = False) -> list[Edit]:
    """A statement taken out, with its lines and the blank ones that only kept it apart. Raises PatchError where it shares a line, is alone in
    its block, or has a comment.

    A comment above it may stay for what comes next.
    """
    first, last = source.line_of(source.start(statement)), source.line_of(source.end(statement))
    start, end = source.line_start(first), source.line_start(last + 1)
    if not source.begins_line(statement) or _TO_SEMICOLON.match(source.data, source.end(statement)):
        raise PatchError(f"{source.path}:{statement.lineno}: the statement shares its line with others")
    above = source.line(first - 1).strip() if first > 1 else b""
    comments = [
        t for t in source.tokens if t.type == tokenize.COMMENT and start <= source.token_start(t) < end
    ]
    if comments or (above.startswith(b"#") and not comment_stays):
        raise PatchError(f"{source.path}:{statement.lineno}: a comment belongs to the statement")

    def intend(_tree: ast.Module, twin: Finder) -> None:
        block, place = _twin_block(source, statement, twin)
        del block[place]

    start = source.line_start(first - _needless_above(source, first, last))
    return source.checked([source.edit(start, end, "")], intend)


def _needless_above(source: Source, first: int, last: int) -> int:
    """How many of the blank lines above some lines are too many once these are gone: as many as stand below, at the end of the file all."""
    above = below = 0
    while first - above > 1 and not source.line(first - above - 1).strip():
        above += 1
    lines = source.line_of(len(source.data))
    while last + below < lines and not source.line(last + below + 1).strip():
        below += 1
    return above if last + below >= lines else min(above, below)


_Block = ast.With | ast.AsyncWith | ast.If


def _unwrapped(source: Source, statement: _Block) -> list[Edit]:
    body = statement.body

    def intend(_tree: ast.Module, twin: Finder) -> None:
        own, place = _twin_block(source, statement, twin)
        own[place : place + 1] = [twin(each) for each in body]

    start, inner = source.start(statement), source.start(body[0])
    if source.line_of(inner) == source.line_of(start) or not source.begins_line(body[0]):
        return source.checked([source.edit(start, inner, "")], intend)
    outer, deeper = source.indentation(statement), source.indentation(body[0])
    if not deeper.startswith(outer) or not source.begins_line(statement):
        raise PatchError(f"{source.path}:{statement.lineno}: tabs and spaces are mixed in this block")
    return source.checked(_dedents(source, statement, outer, deeper), intend)


def _dedents(source: Source, statement: _Block, outer: str, deeper: str) -> list[Edit]:
    first = source.line_of(source.start(statement))
    header_end = _header_end(source, statement)
    after_header = source.line_of(header_end) + 1
    comment = source.data[header_end : source.line_start(after_header)].decode().strip()
    put = f"{outer}{comment}{source.newline}" if comment else ""
    edits = [source.edit(source.line_start(first), source.line_start(after_header), put)]
    for number in range(after_header, source.line_of(source.end(statement)) + 1):
        line = source.line(number).decode()
        if number not in source.string_lines and line.startswith(deeper):
            at = source.line_start(number)
            edits.append(source.edit(at + len(outer.encode()), at + len(deeper.encode()), ""))
    return edits


def _header_end(source: Source, statement: _Block) -> int:
    """The offset just after the colon of a `with` or an `if`."""
    if isinstance(statement, ast.If):
        after = source.end(statement.test)
    else:
        after = source.end(statement.items[-1].optional_vars or statement.items[-1].context_expr)
    inner = source.start(statement.body[0])
    for token in source.tokens:
        at = source.token_start(token)
        if after <= at < inner and token.string == ":":
            return source.token_end(token)
    raise PatchError(f"{source.path}:{statement.lineno}: the header of the block cannot be read")


def _drop_item(source: Source, statement: ast.With | ast.AsyncWith, item: int) -> list[Edit]:
    def intend(_tree: ast.Module, twin: Finder) -> None:
        del twin(statement).items[item]

    def bounds(place: int) -> tuple[int, int]:
        each = statement.items[place]
        return source.start(each.context_expr), source.end(each.optional_vars or each.context_expr)

    if item < len(statement.items) - 1:
        edit = source.edit(bounds(item)[0], bounds(item + 1)[0], "")
    else:
        edit = source.edit(bounds(item - 1)[1], bounds(item)[1], "")
    return source.checked([edit], intend)
