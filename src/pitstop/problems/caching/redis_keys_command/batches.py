"""The reads of a loop as one command, or as one pipeline."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import replace_expression
from pitstop.problems.editing import free_name
from pitstop.problems.layout import settle

_Comp = ast.ListComp | ast.SetComp | ast.DictComp
_Loop = ast.For | ast.AsyncFor
LISTS = {"keys", "lrange", "split", "splitlines", "zrange"}
"""Methods that give a list, or what can be gone through as often: what a client answers, parts of a text."""

_ONCE = "the items are needed twice, and it is not known that they can be gone through twice"


@dataclass(frozen=True)
class _Read:
    """One read of a loop: `node` is the call, with its `await` where it has one."""

    source: Source
    call: ast.Call
    client: str
    method: str
    node: ast.expr
    is_kept: bool
    """Whether what the loop goes over can be gone through twice."""

    @property
    def wait(self) -> str:
        return "await " if isinstance(self.node, ast.Await) else ""


def batched(source: Source, call: ast.Call, func: ast.Attribute, *, is_kept: bool) -> FileChange:
    """The file in which the loop's keys are read together. Raises PatchError."""
    parent = next(source.parents(call))
    node = parent if isinstance(parent, ast.Await) else call
    read = _Read(source, call, source.segment(func.value), func.attr, node, is_kept)
    if func.attr == "get" and (len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred)):
        raise PatchError("`get` is given more than a key")
    for each in source.parents(call):
        if isinstance(each, _Comp):
            return _comprehension(read, each)
        if isinstance(each, _Loop):
            return _loop(read, each)
        if isinstance(each, Function | ast.Lambda | ast.GeneratorExp | ast.While):
            break
    raise PatchError("the loop is no `for` whose keys are known before it")


def _comprehension(read: _Read, comp: _Comp) -> FileChange:
    source = read.source
    if len(comp.generators) != 1 or comp.generators[0].is_async:
        raise PatchError("the read stands in a comprehension that cannot be taken apart")
    (generator,) = comp.generators
    statement = source.statement(comp)
    _refuse_place(source, statement, comp)
    if any(each is read.node for test in generator.ifs for each in ast.walk(test)):
        raise PatchError("what is read decides which items are taken")
    _refuse_others(read, [comp])
    tests = "".join(f" if {source.segment(test)}" for test in generator.ifs)
    rows, lines = source.segment(generator.iter), list[str]()
    elements = [comp.key, comp.value] if isinstance(comp, ast.DictComp) else [comp.elt]
    names = _bound(generator.target)
    needed = any(
        isinstance(n, ast.Name) and n.id in names and not _is_within(n, read.node)
        for e in elements
        for n in ast.walk(e)
    )
    if needed and generator.ifs:
        raise PatchError("the items are chosen and used again beside what is read")
    if needed and not isinstance(generator.iter, ast.Name):
        if not _is_list(generator.iter):
            raise PatchError(_ONCE)
        name = free_name(source, comp, "keys", "items", "rows")
        lines.append(f"{name} = {rows}")
        rows = name
    elif needed and not read.is_kept:
        raise PatchError(_ONCE)
    values = _values(read, generator.target, rows, tests, lines)
    if elements == [read.node]:
        return _settled(
            read, statement, lines, comp, f"set({values})" if isinstance(comp, ast.SetComp) else values
        )
    name = free_name(source, comp, "value", "found")
    target, iterable = source.segment(generator.target), values
    if needed:
        target, iterable = f"{target}, {name}", f"zip({rows}, {values})"
    parts = []
    for element in elements:
        text = source.segment(element)
        if _is_within(read.node, element):
            start = source.start(element)
            data = source.data[start : source.end(element)]
            begin, end = source.start(read.node) - start, source.end(read.node) - start
            text = (data[:begin] + name.encode() + data[end:]).decode()
        parts.append(text)
    opening, closing = ("[", "]") if isinstance(comp, ast.ListComp) else ("{", "}")
    text = f"{opening}{': '.join(parts)} for {target if needed else name} in {iterable}{closing}"
    return _settled(read, statement, lines, comp, text)


def _settled(read: _Read, statement: ast.stmt, lines: list[str], comp: _Comp, text: str) -> FileChange:
    source = read.source
    edits = replace_expression(source, comp, text)
    return settle(source, [*_before(source, statement, lines), *edits])


def _loop(read: _Read, loop: _Loop) -> FileChange:
    source = read.source
    if (
        loop.orelse
        or not source.begins_line(loop)
        or source.line_of(source.start(loop.body[0])) == loop.lineno
    ):
        raise PatchError("the loop has an `else`, or shares its lines with other statements")
    statement = source.statement(read.node)
    if not any(statement is each for each in loop.body):
        raise PatchError("not each turn reads")
    earlier = loop.body[: loop.body.index(statement)]
    for each in earlier:
        if any(isinstance(n, ast.Continue | ast.Break | ast.Return | ast.Raise) for n in ast.walk(each)):
            raise PatchError("not each turn reads")
    _refuse_branches(source, read.node, statement, "not each turn reads")
    _refuse_others(read, [loop.target, *loop.body])
    names = _bound(loop.target)
    keys = {n.id for n in ast.walk(read.call) if isinstance(n, ast.Name)}
    if keys & {
        n.id
        for s in loop.body
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }:
        raise PatchError("the key is worked out in the loop")
    lines: list[str] = []
    around = next(p for p in source.parents(loop) if isinstance(p, Function))
    needed = any(
        isinstance(n, ast.Name)
        and n.id in names
        and not _is_within(n, read.node)
        and not _is_within(n, loop.target)
        and not _is_within(n, loop.iter)
        for n in ast.walk(around)
    )
    rows = _rows(read, loop, lines, is_once=not needed)
    edits: list[Edit] = []
    own = isinstance(statement, ast.Assign) and statement.value is read.node and len(statement.targets) == 1
    target = statement.targets[0] if own and isinstance(statement, ast.Assign) else None
    if (
        isinstance(target, ast.Name)
        and len(loop.body) > 1
        and _is_alone(source, statement)
        and not any(isinstance(n, ast.Name) and n.id == target.id for s in earlier for n in ast.walk(s))
    ):
        name = target.id
        first = source.line_of(source.start(statement))
        edits.append(
            source.edit(
                source.line_start(first), source.line_start(source.line_of(source.end(statement)) + 1), ""
            )
        )
    else:
        name = free_name(source, loop, "value", "found")
        edits.append(source.edit(source.start(read.node), source.end(read.node), name))
    values = _values(read, loop.target, rows, "", lines)
    head = (
        f"{source.segment(loop.target)}, {name} in zip({rows}, {values})" if needed else f"{name} in {values}"
    )
    edits.append(source.edit(source.start(loop), source.end(loop.iter), f"for {head}"))
    return settle(source, [*_before(source, loop, lines), *edits])


def _is_alone(source: Source, statement: ast.stmt) -> bool:
    """Whether a statement has its lines to itself, without a comment."""
    end = source.end(statement)
    rest = source.data[end : source.line_start(source.line_of(end) + 1)].strip()
    return source.begins_line(statement) and not rest


def _rows(read: _Read, loop: _Loop, lines: list[str], *, is_once: bool) -> str:
    """The items, which a line before the loop names where they are gone through twice and have no name."""
    source = read.source
    text = source.segment(loop.iter)
    if isinstance(loop, ast.For) and (is_once or (isinstance(loop.iter, ast.Name) and read.is_kept)):
        return text
    name = free_name(source, loop, "keys", "items", "rows")
    if isinstance(loop, ast.AsyncFor):
        target = source.segment(loop.target)
        lines.append(f"{name} = [{target} async for {target} in {text}]")
    else:
        lines.append(f"{name} = {text if _is_list(loop.iter) else f'list({text})'}")
    return name


def _is_list(node: ast.expr) -> bool:
    """Whether an expression gives a list by its name."""
    call = node.value if isinstance(node, ast.Await) else node
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LISTS


def _values(read: _Read, target: ast.expr, rows: str, tests: str, lines: list[str]) -> str:
    """The expression that gives all values; a pipeline is filled by lines before it."""
    source = read.source
    item = source.segment(target)
    if read.method == "get":
        key = source.segment(read.call.args[0])
        keys = rows if key == item and not tests else f"[{key} for {item} in {rows}{tests}]"
        return f"{read.wait}{read.client}.mget({keys})"
    pipe = free_name(source, read.call, "pipe", "pipeline")
    given = source.data[source.end(read.call.func) : source.end(read.call)].decode()
    if "\n" in given:
        raise PatchError("the command is written on several lines")
    unit = source.indent_unit
    lines.append(f"{pipe} = {read.client}.pipeline(transaction=False)")
    lines.append(f"for {item} in {rows}:")
    if tests:
        lines.append(f"{unit}if {tests.removeprefix(' if ').replace(' if ', ' and ')}:")
        unit += source.indent_unit
    lines.append(f"{unit}{pipe}.{read.method}{given}")
    return f"{read.wait}{pipe}.execute()"


def _refuse_place(source: Source, statement: ast.stmt, comp: _Comp) -> None:
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr)
    if not simple or not source.begins_line(statement):
        raise PatchError("the comprehension stands where nothing can be put before it")
    _refuse_branches(source, comp, statement, "the comprehension runs only under a condition")


def _refuse_branches(source: Source, node: ast.expr, statement: ast.stmt, reason: str) -> None:
    """Raise PatchError where a statement may pass an expression by, or run it more than once."""
    child: ast.AST = node
    for parent in source.parents(node):
        if parent is statement:
            return
        first = parent.test if isinstance(parent, ast.IfExp) else None
        if isinstance(parent, ast.BoolOp):
            first = parent.values[0]
        passes = isinstance(parent, ast.IfExp | ast.BoolOp) and child is not first
        if passes or isinstance(parent, ast.Lambda | _Comp | ast.GeneratorExp):
            raise PatchError(reason)
        child = parent


def _refuse_others(read: _Read, nodes: list[ast.AST]) -> None:
    """Raise PatchError where the loop does something else with Redis, which its reads may have to see."""
    own = {id(n) for n in ast.walk(read.node)}
    others = [n for each in nodes for n in ast.walk(each) if id(n) not in own]
    for node in others:
        if isinstance(node, ast.Attribute | ast.Name) and read.source.segment(node) == read.client:
            raise PatchError(f"the loop does more with `{read.client}`, which the next read may see")
    if any(isinstance(node, ast.Await) for node in others):
        raise PatchError("the loop waits for something else, which may change what is read next")


def _bound(target: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}


def _is_within(node: ast.AST, outer: ast.AST) -> bool:
    return any(each is node for each in ast.walk(outer))


def _before(source: Source, statement: ast.stmt, lines: list[str]) -> list[Edit]:
    indent = source.indentation(statement)
    at = source.line_start(source.line_of(source.start(statement)))
    return [source.edit(at, at, "".join(indent + line + source.newline for line in lines))] if lines else []
