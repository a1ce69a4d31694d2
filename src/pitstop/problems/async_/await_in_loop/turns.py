"""The body of a loop as a coroutine function of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Source
from pitstop.problems.async_.await_in_loop.guards import refuse
from pitstop.problems.async_.await_in_loop.rule import Match
from pitstop.problems.bounded import (
    around,
    element_type,
    is_annotated,
    item_of,
    names_in,
    of_asyncio,
    pair_of,
    semaphore,
    signature,
)
from pitstop.problems.editing import free_name
from pitstop.problems.layout import one_line, settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import For

AT_ONCE = 10
"""Calls of one request under way: a tenth of the connections that one client of httpx opens by default."""
_COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
_ASYNC = (ast.AsyncFor, ast.AsyncWith)


@dataclass(frozen=True)
class Collected:
    """What the last statement of each turn adds, and to what; `made` is where that begins empty, right before the loop."""

    kind: str
    name: str
    statement: ast.stmt
    value: ast.expr
    key: ast.expr | None = None
    made: ast.Assign | ast.AnnAssign | None = None
    returned: ast.Return | None = None


def named(names: list[str], iterable: ast.expr) -> list[str]:
    """What a coroutine for one turn may be called."""
    keyed = (
        isinstance(iterable, ast.Call)
        and isinstance(iterable.func, ast.Attribute)
        and iterable.func.attr == "items"
    )
    item = names[0] if keyed else names[-1]
    return [*([f"fetch_{item.strip('_')}"] if len(item.strip("_")) > 1 else []), "fetch_one", "fetch_turn"]


def turns_together(project: Project, match: Match, source: Source, loop: ast.For) -> FileChange:
    """The loop as a coroutine for each turn, which are waited for together. Raises PatchError."""
    first = _first_line(source, loop)
    names = names_in(loop.target)
    collected = _collected(source, loop)
    refuse(source, loop, names, collected.name if collected is not None else "", match)
    imports, limiter, made = semaphore(source, loop, AT_ONCE)
    more, gather = of_asyncio(source, "gather", loop)
    helper = free_name(source, loop, *named(names, loop.iter))
    indent = source.indentation(loop)
    head = signature(
        helper, _parameters(project, match, source, loop, names), _returns(source, loop, collected)
    )
    each = f"{helper}({', '.join(names)}) for {source.segment(loop.target)} in {source.segment(loop.iter)}"
    call = f"await {gather}(*({each}))"
    lines = [
        indent + made,
        "",
        indent + head,
        *_body(source, loop, first, collected, limiter),
        "",
        indent + _last(source, collected, call),
    ]
    last = collected.returned if collected is not None and collected.returned is not None else loop
    start, end = source.line_start(source.line_of(source.start(loop))), source.end(last)
    if last is loop and collected is not None:
        # A comment on the line of the last statement went with it.
        end = source.line_start(source.line_of(end) + 1) - len(source.newline)
    edits = [*imports, *more, source.edit(start, end, source.newline.join(lines))]
    if collected is not None and collected.made is not None:
        edits.append(_without(source, collected.made))
    return settle(source, edits)


def _first_line(source: Source, loop: ast.For) -> int:
    """The line after the loop's header. Raises PatchError."""
    line = source.line_of(source.end(loop.iter))
    first = source.line_of(source.start(loop.body[0]))
    while line < first and not source.line_text(line).rstrip().endswith(":"):
        line += 1
    if line >= first or not source.begins_line(loop) or loop.orelse or loop.type_comment:
        raise PatchError("the loop has an `else`, a comment in its header, or shares its lines with others")
    return line + 1


def _collected(source: Source, loop: ast.For) -> Collected | None:
    """What the last statement of the body collects, if that is all it does."""
    last = loop.body[-1]
    found = None
    match last:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value], keywords=[]
            )
        ):
            found = Collected("list", name, last, value)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
            found = Collected("dict", name, last, value, key)
    inside = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if found is None or found.name in inside:
        return None
    made = _made(source, loop, found)
    returned = _returned(source, loop, found) if made is not None else None
    return Collected(found.kind, found.name, last, found.value, found.key, made, returned)


def _mentions(name: str, *nodes: ast.AST) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name for node in nodes for n in ast.walk(node))


def _made(source: Source, loop: ast.For, found: Collected) -> ast.Assign | ast.AnnAssign | None:
    """The statement before the loop that makes what is collected, empty; nothing uses it in between."""
    block, place = source.block(loop)
    for statement in reversed(block[:place]):
        if not _mentions(found.name, statement):
            continue
        target = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        if (
            isinstance(statement, ast.Assign | ast.AnnAssign)
            and isinstance(target, ast.Name)
            and _is_empty(statement.value, found.kind)
            and source.begins_line(statement)
            and not source.line_text(source.line_of(source.end(statement))).strip().count("#")
        ):
            return statement
        return None
    return None


def _is_empty(value: ast.expr | None, kind: str) -> bool:
    if isinstance(value, ast.Call):
        return (
            isinstance(value.func, ast.Name) and value.func.id == kind and not (value.args or value.keywords)
        )
    if kind == "list":
        return isinstance(value, ast.List) and not value.elts
    return isinstance(value, ast.Dict) and not value.keys


def _returned(source: Source, loop: ast.For, found: Collected) -> ast.Return | None:
    """The statement right below the loop that returns what was collected."""
    block, place = source.block(loop)
    below = block[place + 1] if place + 1 < len(block) else None
    if not isinstance(below, ast.Return) or not isinstance(below.value, ast.Name):
        return None
    under = source.line_start(source.line_of(source.end(loop)) + 1)
    between = source.data[under : source.start(below)]
    return below if below.value.id == found.name and b"#" not in between else None


def _without(source: Source, made: ast.stmt) -> Edit:
    """Take out a statement with its line, and a blank line where it leaves two."""
    first = source.line_of(source.start(made))
    last = source.line_of(source.end(made))
    above = source.line_text(first - 1).strip() if first > 1 else ""
    is_blank = not source.line_text(last + 1).strip()
    if is_blank and (not above or above.endswith(":")):
        last += 1
    return source.edit(source.line_start(first), source.line_start(last + 1), "")


def _parameters(
    project: Project, match: Match, source: Source, loop: ast.For, names: list[str]
) -> Iterator[tuple[str, str]]:
    light: For = match.loop  # type: ignore[assignment] # the caller looked
    typed = element_type(project, match.function, source, light, loop.iter)
    for name in names:
        yield name, typed if len(names) == 1 else ""


def _returns(source: Source, loop: ast.For, collected: Collected | None) -> str:
    outer = around(source, loop)
    if collected is None:
        return "None" if is_annotated(outer) else ""
    told = collected.made.annotation if isinstance(collected.made, ast.AnnAssign) else None
    if told is None and collected.returned is not None:
        told = outer.returns
    if told is None:
        return ""
    return item_of(source, told) if collected.kind == "list" else pair_of(source, told)


def _body(source: Source, loop: ast.For, first: int, collected: Collected | None, limiter: str) -> list[str]:
    """The lines of the body, what it collects returned, and what waits under the semaphore."""
    unit = source.indent_unit
    deeper = source.indentation(loop.body[0])
    last = source.line_of(source.end(loop.body[-1]))
    waiting = _waiting(source, loop)
    numbers = range(first, last + 1)
    if waiting is None:
        under = set(numbers)
    else:
        under = set(range(source.line_of(source.start(waiting)), source.line_of(source.end(waiting)) + 1))
    opens = deeper if waiting is None else source.indentation(waiting)
    lines: list[str] = []
    for number in numbers:
        if number == min(under):
            lines.append(f"{opens}async with {limiter}:")
        more = unit if number in under and number not in source.string_lines else ""
        if collected is not None and number == source.line_of(source.start(collected.statement)):
            lines += [more + line for line in _given(source, collected, deeper)]
            break
        text = source.line_text(number).rstrip("\r\n")
        lines.append(more + _left(loop, number, text) if text.strip() else text)
    return lines


def _left(loop: ast.For, number: int, text: str) -> str:
    """A line in which `continue`, which ends a turn, is `return`."""
    own = [n for n in _own(loop) if isinstance(n, ast.Continue) and n.lineno == number]
    for node in reversed(own):
        data = text.encode()
        text = (data[: node.col_offset] + b"return" + data[node.end_col_offset or 0 :]).decode()
    return text


def _own(loop: ast.For) -> Iterator[ast.stmt]:
    """The statements of a loop's body, those of loops within it left out."""
    todo: list[ast.AST] = list(loop.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.For | ast.AsyncFor | ast.While):
            todo += ast.iter_child_nodes(node)


def _given(source: Source, collected: Collected, indent: str) -> list[str]:
    """The last statement of a turn, which hands over what it collected."""
    parts = [each for each in (collected.key, collected.value) if each is not None]
    texts = []
    for part in parts:
        text = source.segment(part)
        joined = one_line(text) if "\n" in text else text
        if joined is None:
            raise PatchError("what is collected holds comments or strings of several lines")
        texts.append(joined)
    end = source.end(collected.statement)
    note = source.data[end : source.line_start(source.line_of(end) + 1)].decode().strip()
    return [f"{indent}return {', '.join(texts)}{f'  {note}' if note else ''}"]


def _waiting(source: Source, loop: ast.For) -> ast.stmt | None:
    """The one simple statement that awaits; None where more does."""
    found: list[ast.stmt] = []
    for node in ast.walk(loop):
        if isinstance(node, _ASYNC) or (isinstance(node, ast.comprehension) and node.is_async):
            return None
        if isinstance(node, ast.Await):
            statement = source.statement(node)
            if isinstance(statement, _COMPOUND) or not source.begins_line(statement):
                return None
            found.append(statement)
    return found[0] if len(set(found)) == 1 else None


def _last(source: Source, collected: Collected | None, call: str) -> str:
    """The statement that waits for all turns."""
    if collected is None:
        return call
    if collected.made is None:
        return f"{collected.name}.{'extend' if collected.kind == 'list' else 'update'}({call})"
    value = call if collected.kind == "list" else f"dict({call})"
    if collected.returned is not None:
        return f"return {value}"
    told = (
        f": {source.segment(collected.made.annotation)}" if isinstance(collected.made, ast.AnnAssign) else ""
    )
    return f"{collected.name}{told} = {value}"
