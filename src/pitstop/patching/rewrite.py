"""Edits of expressions and functions: a call moved to a thread, `async` taken off, a return annotation, another expression."""

from __future__ import annotations

import ast
import copy
import itertools
import re
import tokenize
from collections.abc import Iterator

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Finder, Function, Source, parse_expression, replace_node

_GAP = re.compile(rb"(?:[ \t\f\r\n)]|\\\r?\n|#[^\r\n]*)*")


def replace_expression(source: Source, node: ast.expr, text: str) -> list[Edit]:
    """Another expression where one stands, in parentheses where the place needs them. Raises PatchError."""

    def intend(tree: ast.Module, twin: Finder) -> None:
        replace_node(tree, twin(node), parse_expression(text))

    start, end = source.start(node), source.end(node)
    try:
        return source.checked([source.edit(start, end, text)], intend)
    except PatchError:
        return source.checked([source.edit(start, end, f"({text})")], intend)


def _refuse_where_await_fails(source: Source, call: ast.Call) -> None:
    """Raise unless an `await` in place of the call belongs to an `async def` and runs when the call ran."""
    place = f"{source.path}:{call.lineno}"
    child: ast.AST = call
    inside: list[ast.AST] = []
    for parent in source.parents(call):
        if isinstance(parent, ast.GeneratorExp):
            # the first iterable alone is evaluated outside of the generator, which an await would make asynchronous
            first = parent.generators[0]
            if child is not first or (first.iter not in inside and first.iter is not call):
                raise PatchError(f"{place}: an await would make the generator expression asynchronous")
        elif isinstance(parent, ast.AsyncFunctionDef) and any(child is each for each in parent.body):
            return
        elif isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            break
        inside.append(child)
        child = parent
    raise PatchError(f"{place}: no await can stand here, outside of the body of an async function")


def _opening(source: Source, call: ast.Call) -> int:
    """The offset of the parenthesis that opens a call's arguments."""
    gap = _GAP.match(source.data, source.end(call.func))
    at = gap.end() if gap else source.end(call.func)
    if source.data[at : at + 1] != b"(":
        raise PatchError(f"{source.path}:{call.lineno}: the call is written in a way that cannot be edited")
    return at


def wrap_call(source: Source, call: ast.Call, wrapper: str) -> list[Edit]:
    """`f(a, b)` as `await wrapper(f, a, b)`, comments and layout of the arguments kept.

    `wrapper` is how `run_in_threadpool` or `asyncio.to_thread` is called in this file; see `imports.ensure_import`.
    Raises PatchError where an await cannot stand or would change what is around it.
    """
    _refuse_where_await_fails(source, call)
    if any(keyword.arg == "func" for keyword in call.keywords):
        raise PatchError(f"{source.path}:{call.lineno}: the argument `func` would meet the wrapper's own")
    start, end, opening = source.start(call), source.end(call), _opening(source, call)
    function = source.data[start:opening].decode().rstrip()

    def intend(tree: ast.Module, twin: Finder) -> None:
        old = twin(call)
        new = ast.Call(parse_expression(wrapper), [copy.deepcopy(old.func), *old.args], old.keywords)
        replace_node(tree, old, ast.Await(new))

    rest = source.data[opening + 1 : end].decode()
    lone_generator = len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.GeneratorExp)
    head, line_break, tail = rest.partition(source.newline)
    edits: list[Edit] = []
    if lone_generator and call.args[0].col_offset >= 0 and source.start(call.args[0]) == opening:
        edits = [source.edit(start, opening, f"await {wrapper}({function}, "), source.edit(end, end, ")")]
    elif not call.args and not call.keywords and not rest[:-1].strip():
        edits = [source.edit(start, end - 1, f"await {wrapper}({function}")]
    elif line_break and (not head.strip() or head.lstrip().startswith("#")):
        line = next(each for each in tail.splitlines() if each.strip())
        indent = line[: len(line) - len(line.lstrip())]
        if line.lstrip().startswith(")"):
            indent += source.indent_unit
        after_break = opening + 1 + len((head + line_break).encode())
        edits = [
            source.edit(start, opening + 1, f"await {wrapper}("),
            *_first_argument(source, call, after_break, indent, function),
        ]
    else:
        edits = [source.edit(start, opening + 1, f"await {wrapper}({function}, ")]
    try:
        return source.checked(edits, intend)
    except PatchError:
        first, *others = edits
        if others and others[-1].start == end:
            others[-1] = source.edit(end, end, "))")
        else:
            others.append(source.edit(end, end, ")"))
        return source.checked([source.edit(first.start, first.end, "(" + first.text), *others], intend)


def _first_argument(source: Source, call: ast.Call, at: int, indent: str, function: str) -> list[Edit]:
    """One more argument before those that begin on a line of their own, at `at`.

    Those that share one line, as formatters have it, go on sharing it with the new one if it is long enough; else each has its own.
    """
    lone = [source.edit(at, at, f"{indent}{function},{source.newline}")]
    given = sorted(
        (source.start(each), source.end(each)) for each in (*call.args, *(k.value for k in call.keywords))
    )
    end = source.line_start(source.line_of(at) + 1)
    line = source.data[at:end].decode().rstrip()
    closing = source.line_text(source.line_of(end)).lstrip()
    if not given or given[-1][1] > end or not closing.startswith(")") or line.endswith(",") or "#" in line:
        return lone
    start = at + len(indent)
    if len(f"{indent}{function}, {line.lstrip()}") <= source.line_length:
        return [source.edit(start, start, f"{function}, ")]
    commas = [
        source.edit(before + place, before + place + len(found), f",{source.newline}{indent}")
        for (_, before), (after, _) in itertools.pairwise(given)
        for found, place in _comma(source.data[before:after].decode())
    ]
    last = at + len(line.encode())
    return [
        source.edit(start, start, f"{function},{source.newline}{indent}"),
        *commas,
        source.edit(last, last, ","),
    ]


def _comma(between: str) -> Iterator[tuple[str, int]]:
    """The comma between two arguments, with the space after it, and where it stands in bytes."""
    found = re.search(r",\s*", between)
    if found is not None:
        yield found.group(), len(between[: found.start()].encode())


def await_instead(source: Source, call: ast.Call, function: str) -> list[Edit]:
    """`f(a, b)` as `await function(a, b)`, comments and layout of the arguments kept.

    Raises PatchError where an await cannot stand or would change what is around it.
    """
    _refuse_where_await_fails(source, call)

    def intend(tree: ast.Module, twin: Finder) -> None:
        old = twin(call)
        replace_node(tree, old, ast.Await(ast.Call(parse_expression(function), list(old.args), old.keywords)))

    start, end = source.start(call), source.end(call)
    name = source.edit(start, source.end(call.func), f"await {function}")
    try:
        return source.checked([name], intend)
    except PatchError:
        closed = source.edit(name.start, name.end, "(" + name.text)
        return source.checked([closed, source.edit(end, end, ")")], intend)


def make_sync(source: Source, function: ast.AsyncFunctionDef) -> list[Edit]:
    """`async def` as `def`. Raises PatchError if the body awaits."""

    def intend(tree: ast.Module, twin: Finder) -> None:
        old = twin(function)
        fields = dict(ast.iter_fields(old))
        replace_node(tree, old, ast.FunctionDef(**fields))

    words = _header(source, function)
    (first, second) = words[0], words[1]
    if (first.string, second.string) != ("async", "def"):
        raise PatchError(f"{source.path}:{function.lineno}: no `async def` is here")
    return source.checked([source.edit(source.token_start(first), source.token_start(second), "")], intend)


def make_async(source: Source, function: ast.FunctionDef) -> list[Edit]:
    """`def` as `async def`. Raises PatchError if the body yields: a generator would be another thing to whoever iterates it."""
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(function)):
        raise PatchError(f"{source.path}:{function.lineno}: `{function.name}` is a generator")

    def intend(tree: ast.Module, twin: Finder) -> None:
        old = twin(function)
        replace_node(tree, old, ast.AsyncFunctionDef(**dict(ast.iter_fields(old))))

    at = source.token_start(_header(source, function)[0])
    return source.checked([source.edit(at, at, "async ")], intend)


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body, those of functions and classes inside of it left out."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(node))


def annotate_return(source: Source, function: Function, annotation: str) -> list[Edit]:
    """A return annotation on a function, in place of the one it may have. Raises PatchError."""
    if function.returns is not None:
        return replace_expression(source, function.returns, annotation)
    depth = 0
    last: tokenize.TokenInfo | None = None
    for token in _header(source, function):
        depth += (token.string in "([{") - (token.string in ")]}")
        if token.string == ":" and not depth:
            break
        last = token
    if last is None or last.string != ")":
        raise PatchError(f"{source.path}:{function.lineno}: the header of the function cannot be read")

    def intend(_tree: ast.Module, twin: Finder) -> None:
        twin(function).returns = parse_expression(annotation)

    at = source.token_end(last)
    return source.checked([source.edit(at, at, f" -> {annotation}")], intend)


def _header(source: Source, function: Function) -> list[tokenize.TokenInfo]:
    """The words from `async` or `def` on, comments and line breaks left out."""
    begin = function.lineno, len(source.line(function.lineno)[: function.col_offset].decode())
    if function.lineno == 1 and source.text.startswith("\ufeff"):
        begin = 1, function.col_offset
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE}
    return [token for token in source.tokens if token.start >= begin and token.type not in skipped]


def decorate(source: Source, function: Function, decorator: str) -> list[Edit]:
    """A decorator right above `def`, below those that are there: it gets the function first. Raises PatchError."""

    def intend(_tree: ast.Module, twin: Finder) -> None:
        twin(function).decorator_list.append(parse_expression(decorator))

    at = source.token_start(_header(source, function)[0])
    line = source.line_start(source.line_of(at))
    if source.data[line:at].strip():
        raise PatchError(f"{source.path}:{function.lineno}: the function shares its line with others")
    put = f"{source.indentation(function)}@{decorator}{source.newline}"
    return source.checked([source.edit(line, line, put)], intend)


def last_argument(source: Source, call: ast.Call, text: str) -> Edit:
    """`text` as the last argument of a call, in the call's own layout."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    closing = source.end(call) - 1
    if not given:
        return source.edit(closing, closing, text)
    end = max(source.end(g.value if isinstance(g, ast.keyword) else g) for g in given)
    between = source.data[end:closing].decode()
    if "," in between.partition("#")[0]:
        # A trailing comma: one argument a line, or one line with it.
        comma = end + between.encode().index(b",") + 1
        first = source.line_of(
            source.start(given[-1].value if isinstance(given[-1], ast.keyword) else given[-1])
        )
        own_line = first != source.line_of(source.start(call))
        if own_line:
            line_end = source.data.find(b"\n", comma)
            if source.data[comma:line_end].lstrip().startswith(b"#"):
                comma = line_end - source.data[:line_end].endswith(b"\r")
            indent = source.line_text(first)[
                : len(source.line_text(first)) - len(source.line_text(first).lstrip())
            ]
            return source.edit(comma, comma, f"{source.newline}{indent}{text},")
        return source.edit(comma, comma, f" {text}")
    return source.edit(end, end, f", {text}")


def remove_argument(source: Source, call: ast.Call, argument: ast.expr | ast.keyword) -> list[Edit]:
    """A call without one of its arguments, and without the lines that were the argument's alone. Raises PatchError."""
    given: list[ast.expr | ast.keyword] = sorted(
        [*call.args, *call.keywords], key=lambda each: source.start(each)
    )
    place = given.index(argument)

    def intend(_tree: ast.Module, twin: Finder) -> None:
        found = twin(call)
        if isinstance(argument, ast.keyword):
            found.keywords.remove(twin(argument))
        else:
            found.args.remove(twin(argument))

    start, end = source.start(argument), source.end(argument)
    comma = re.compile(rb"[ \t]*,").match(source.data, end)
    end = comma.end() if comma else end
    first, last = source.line_start(source.line_of(start)), source.line_start(source.line_of(end) + 1)
    if comma and not source.data[first:start].strip() and not source.data[end:last].strip():
        start, end = first, last
    elif place + 1 < len(given):
        end = source.start(given[place + 1])
    elif place:
        start = source.end(given[place - 1])
        end = source.end(argument)
    return source.checked([source.edit(start, end, "")], intend)
