"""A `with open(...)` block moved into a thread as a local function."""

from __future__ import annotations

import ast

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import import_threadpool

_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
_LEAVES = (ast.Return, ast.Break, ast.Continue)


def offload_block(source: Source, block: ast.With, call: ast.Call) -> list[Edit]:
    """The block as a local function run in a thread. Raises PatchError where names or control flow leave the block."""
    place = f"{source.path}:{block.lineno}"
    name = source.segment(call.func)
    if len(block.items) != 1 or not (name.rpartition(".")[2] == "open"):
        raise PatchError(
            f"{place}: `{name}` is used by a `with` block, whose body blocks as well",
            "Move the whole block into a function and hand that to `run_in_threadpool`.",
        )
    if any(isinstance(node, _WAITS) for node in ast.walk(block)):
        raise PatchError(f"{place}: the block awaits, so it cannot move into a thread as it is")
    if any(isinstance(node, _LEAVES) for node in ast.walk(block)):
        raise PatchError(f"{place}: the block leaves its function, so it cannot move into a thread as it is")
    if not source.begins_line(block):
        raise PatchError(f"{place}: the block shares its line with others")
    function = next((p for p in source.parents(block) if isinstance(p, Function)), None)
    if function is None:
        raise PatchError(f"{place}: the block is in no function")
    handed = _handed(source, block, function)
    imports, wrapper = import_threadpool(source, block)
    local = _free_name(function, "write_file" if _writes(call) else "read_file")
    return [*imports, _edit(source, block, local, handed, wrapper)]


def _handed(source: Source, block: ast.With, function: ast.AST) -> str:
    """The one name that the block sets for the code after it; empty if there is none. Raises PatchError for others."""
    opened = {n.id for item in block.items for n in ast.walk(item) if isinstance(n, ast.Name)}
    opened &= _stored(item.optional_vars for item in block.items if item.optional_vars is not None)
    inside = {id(node) for node in ast.walk(block)}
    around = [node for node in ast.walk(function) if id(node) not in inside]
    bound = _stored(block.body) | {
        n.name for n in ast.walk(block) if isinstance(n, ast.ExceptHandler) and n.name
    }
    if any(
        isinstance(n, ast.Delete | ast.Import | ast.ImportFrom | Function | ast.ClassDef)
        for n in ast.walk(block)
    ):
        raise PatchError(f"{source.path}:{block.lineno}: the block defines or deletes names")
    elsewhere = {n.id for n in around if isinstance(n, ast.Name)} | {
        n.arg for n in around if isinstance(n, ast.arg)
    }
    elsewhere |= {name for n in around if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    set_elsewhere = {n.id for n in around if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    set_elsewhere |= {n.arg for n in around if isinstance(n, ast.arg)}
    set_elsewhere |= {name for n in around if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    leaving = sorted((bound | opened) & elsewhere)
    if (
        opened & set(leaving)
        or len(leaving) > 1
        or set(leaving) & set_elsewhere
        or _may_be_unset(block, leaving)
    ):
        raise PatchError(
            f"{source.path}:{block.lineno}: the block sets {', '.join(leaving)}, which is used outside of it"
        )
    return leaving[0] if leaving else ""


def _stored(nodes: object) -> set[str]:
    assert hasattr(nodes, "__iter__")
    return {
        n.id
        for node in nodes
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _may_be_unset(block: ast.With, names: list[str]) -> bool:
    """Whether a name is set only on some ways through the block."""
    return bool(names) and not any(
        isinstance(statement, ast.Assign | ast.AnnAssign) and names[0] in _stored([statement])
        for statement in block.body
    )


def _edit(source: Source, block: ast.With, local: str, handed: str, wrapper: str) -> Edit:
    indent, unit, newline = source.indentation(block), source.indent_unit, source.newline
    number = source.line_of(source.start(block))
    start, end = source.line_start(number), source.end(block)
    last = block.body[-1]
    attribute = "" if handed else _last_attribute(source, block)
    returned = _last_value(source, block, handed or attribute)
    handed = handed or (attribute if returned else "")
    if returned:
        text = source.data[start : source.start(last)].decode() + f"return {returned}"
    else:
        text = source.data[start:end].decode()
    kept = {n - number for n in source.string_lines}
    lines = [
        unit + line if line.strip() and place not in kept else line
        for place, line in enumerate(text.split(newline))
    ]
    above = _comments_above(source, number)
    first = source.line_start(above)
    comments = source.data[first:start].decode()
    head = f"{indent}def {local}(){'' if handed else ' -> None'}:{newline}"
    tail = f"{newline}{indent}{unit}return {handed}" if handed and not returned else ""
    assign = f"{handed} = " if handed else ""
    use = f"{newline}{newline}{indent}{assign}await {wrapper}({local})"
    gap = newline if _needs_gap(source, block, above) else ""
    return source.edit(first, end, gap + comments + head + newline.join(lines) + tail + use)


def _last_attribute(source: Source, block: ast.With) -> str:
    """The attribute of something around the block that its last statement sets: better set by whom it belongs to than in a thread."""
    last = block.body[-1]
    target = last.targets[0] if isinstance(last, ast.Assign) and len(last.targets) == 1 else None
    root: ast.expr | None = target
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(target, ast.Attribute) or not isinstance(root, ast.Name):
        return ""
    return "" if root.id in _stored([block]) else source.segment(target)


def _last_value(source: Source, block: ast.With, handed: str) -> str:
    """The value that the block's last statement gives to what is handed out, where that is all that it is for."""
    last = block.body[-1]
    if not isinstance(last, ast.Assign) or len(last.targets) != 1 or not source.begins_line(last):
        return ""
    target = last.targets[0]
    if ast.unparse(target) != handed or last.lineno in source.string_lines:
        return ""
    if sum(isinstance(n, ast.Name | ast.Attribute) and ast.unparse(n) == handed for n in ast.walk(block)) > 1:
        return ""
    value = source.data[source.start(last) : source.end(last)].decode()
    return value[value.index("=") + 1 :].strip()


def _comments_above(source: Source, number: int) -> int:
    """The first line of the comments that stand right above a line."""
    while number > 1 and source.line(number - 1).lstrip().startswith(b"#"):
        number -= 1
    return number


def _needs_gap(source: Source, block: ast.With, number: int) -> bool:
    """Whether a blank line goes before a definition at this line: everywhere but at the head of a function."""
    owner = next(source.parents(block))
    first = isinstance(owner, Function) and owner.body[0] is block
    return bool(source.line(number - 1).strip()) and not first


def _writes(call: ast.Call) -> bool:
    position = 1 if isinstance(call.func, ast.Name) else 0
    mode = (
        call.args[position]
        if len(call.args) > position
        else next((k.value for k in call.keywords if k.arg == "mode"), None)
    )
    return (
        isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))
    )


def _free_name(function: ast.AST, wanted: str) -> str:
    taken = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    while wanted in taken:
        wanted += "_"
    return wanted
