"""Sends the texts of a loop to the embedding model in batches."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import free_name, node_at, open_source
from pitstop.problems.layout import one_line, settle
from pitstop.project.facts import Call

if TYPE_CHECKING:
    from pitstop.project import Project

_AT_ONCE = 32
"""Texts of one request: 32 of the 8,192 tokens that a text may have are within the 300,000 that a request may. Source: OpenAI's API reference."""


def propose(finding: Finding, project: Project) -> Patch:
    """A loop over batches around the loop over texts. Raises PatchError."""
    if finding.places:
        raise PatchError("texts are embedded in several places of the function")
    _refuse_kind(project, finding)
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    return make_patch(
        finding,
        f"Embed {_AT_ONCE} texts at once in {finding.location.symbol.rpartition('.')[2]}",
        (_batched(source, call),),
        ("duration", "cpu"),
        risk="One text that is refused fails the others of its batch, and an empty one does. Turns begin when the whole batch is embedded.",
        validate="Requests to the provider for ten texts: one. The vectors are the former ones.",
        rollback="pitstop undo",
    )


def _refuse_kind(project: Project, finding: Finding) -> None:
    """Raise PatchError where the loop does not call an API of OpenAI's shape itself."""
    function = project.index.functions.get(finding.location.symbol)
    for site in function.calls if function is not None else ():
        if function is None or function.at(site.node) != finding.location:
            continue
        assert isinstance(site.node, Call)
        name = project.calls.external_name(site.node, function) or ""
        if name.startswith("openai."):
            return
        if name:
            raise PatchError(
                f"how `{name}` answers for many texts is left to a person",
                "Its documentation names the call that takes a list.",
            )
    raise PatchError(
        "the loop calls a function that takes one text", "Give it a twin that takes a list of texts."
    )


def _batched(source: Source, call: ast.Call) -> FileChange:
    loop = _loop(source, call)
    assert isinstance(loop.target, ast.Name)
    item = loop.target.id
    parent = next(source.parents(call))
    node = parent if isinstance(parent, ast.Await) else call
    first = loop.body[0]
    if source.statement(node) is not first:
        raise PatchError("a turn does other things before it embeds, or may not embed at all")
    named = (
        isinstance(first, ast.Assign)
        and first.value is node
        and len(first.targets) == 1
        and isinstance(first.targets[0], ast.Name)
    )
    kept = first.targets[0] if named and isinstance(first, ast.Assign) else None
    answer = kept.id if isinstance(kept, ast.Name) else free_name(source, loop, "answer")
    uses = _uses(source, loop, node, answer if named else "")
    texts = loop.iter
    assert isinstance(texts, ast.Name)
    needed = any(
        isinstance(n, ast.Name) and n.id == item and not any(n is each for each in ast.walk(node))
        for statement in loop.body
        for n in ast.walk(statement)
    )
    _refuse_names(source, loop, node, item, answer, texts.id)
    start = free_name(source, loop, "start")
    row = free_name(source, loop, "embedded", "row")
    cut = f"{texts.id}[{start} : {start} + {_AT_ONCE}]"
    batch = free_name(source, loop, "batch", "part") if needed or not _is_item(_input(call), item) else ""
    unit, indent = source.indent_unit, source.indentation(loop)
    lines = [f"{indent}for {start} in range(0, len({texts.id}), {_AT_ONCE}):"]
    if batch:
        lines.append(f"{indent}{unit}{batch} = {cut}")
    lines.append(f"{indent}{unit}{answer} = {_asked(source, node, call, item, batch or cut)}")
    lines.append(
        f"{indent}{unit}for {item}, {row} in zip({batch}, {answer}.data):"
        if needed
        else f"{indent}{unit}for {row} in {answer}.data:"
    )
    lines += _turn(source, loop, None if not named else first, uses, row)
    begin = source.line_start(source.line_of(source.start(loop)))
    return settle(source, [source.edit(begin, source.end(loop), source.newline.join(lines))])


def _loop(source: Source, call: ast.Call) -> ast.For:
    """The loop over a list that has a name. Raises PatchError."""
    for parent in source.parents(call):
        if isinstance(parent, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            raise PatchError("the call stands in a comprehension, whose texts are to be collected first")
        if isinstance(parent, ast.Try):
            raise PatchError("one text that fails must not fail the others of a batch")
        if isinstance(parent, ast.For):
            if parent.orelse or not source.begins_line(parent) or parent.lineno == parent.body[0].lineno:
                raise PatchError("the loop has an `else`, or shares its lines with other statements")
            header = source.data[source.end(parent.iter) : source.start(parent.body[0])]
            if b"#" in header:
                raise PatchError("the loop begins with a comment")
            if not isinstance(parent.target, ast.Name) or not isinstance(parent.iter, ast.Name):
                raise PatchError("the loop does not go over one list that has a name")
            if not _is_list(source, parent.iter):
                raise PatchError(f"it is not known that `{parent.iter.id}` is a list")
            return parent
        if isinstance(parent, Function):
            break
    raise PatchError("the loop is no `for`")


def _is_list(source: Source, name: ast.Name) -> bool:
    """Whether a name is a parameter that is annotated as a list, or was bound to one, once."""
    around = next(p for p in source.parents(name) if isinstance(p, Function))
    told: list[bool] = []
    for argument in (*around.args.args, *around.args.kwonlyargs):
        if argument.arg == name.id:
            annotation = argument.annotation
            told.append(
                isinstance(annotation, ast.Subscript) and source.segment(annotation.value) in {"list", "List"}
            )
    for node in ast.walk(around):
        if isinstance(node, ast.Name) and node.id == name.id and isinstance(node.ctx, ast.Store):
            parent = next(source.parents(node))
            value = parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None
            is_split = (
                isinstance(value, ast.Call)
                and isinstance(value.func, ast.Attribute)
                and value.func.attr in {"split", "splitlines"}
            )
            is_call = isinstance(value, ast.Call) and source.segment(value.func) in {"list", "sorted"}
            told.append(isinstance(value, ast.List | ast.ListComp) or is_split or is_call)
    return told == [True]


def _input(call: ast.Call) -> ast.expr:
    """The one text that is sent. Raises PatchError."""
    given = next((k.value for k in call.keywords if k.arg == "input"), None)
    if isinstance(given, ast.List) and len(given.elts) == 1:
        given = given.elts[0]
    if given is None or isinstance(given, ast.Starred):
        raise PatchError("which argument holds the text cannot be read from the call")
    return given


def _is_item(text: ast.expr, item: str) -> bool:
    return isinstance(text, ast.Name) and text.id == item


def _asked(source: Source, node: ast.expr, call: ast.Call, item: str, rows: str) -> str:
    """The call with all texts of a batch in the place of one."""
    keyword = next(k for k in call.keywords if k.arg == "input")
    text = _input(call)
    put = rows if _is_item(text, item) else f"[{source.segment(text)} for {item} in {rows}]"
    start = source.start(node)
    data = source.data[start : source.end(node)]
    begin, end = source.start(keyword.value) - start, source.end(keyword.value) - start
    made = (data[:begin] + put.encode() + data[end:]).decode()
    joined = one_line(made) if "\n" in made else made
    if joined is None:
        raise PatchError("the call holds comments or strings of several lines")
    return joined


def _uses(source: Source, loop: ast.For, node: ast.expr, answer: str) -> list[ast.Subscript]:
    """Each `answer.data[0]` of the body. Raises PatchError where the answer is used otherwise."""
    found = []
    for statement in loop.body:
        for each in ast.walk(statement):
            is_answer = isinstance(each, ast.Name) and each.id == answer and isinstance(each.ctx, ast.Load)
            if not (is_answer or (each is node and not answer)):
                continue
            data = next(source.parents(each))
            first = next(source.parents(data))
            if (
                not isinstance(data, ast.Attribute)
                or data.attr != "data"
                or not isinstance(first, ast.Subscript)
                or not isinstance(first.slice, ast.Constant)
                or first.slice.value != 0
            ):
                raise PatchError("more of the answer is used than its first embedding")
            found.append(first)
    return found


def _refuse_names(source: Source, loop: ast.For, node: ast.expr, item: str, answer: str, texts: str) -> None:
    """Raise PatchError where the body changes what the next call reads, ends the loop, or leaves names to what follows."""
    inside = {id(n) for n in ast.walk(loop)}
    asks = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - {item}
    for n in (n for statement in loop.body for n in ast.walk(statement)):
        if isinstance(n, ast.Break | Function | ast.Lambda):
            raise PatchError("a turn may end the loop, or keeps its names")
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id in asks | {item}:
            raise PatchError(f"the loop changes `{n.id}`, which the next call reads")
        if isinstance(n, ast.Name) and n.id == texts and not any(n is each for each in ast.walk(node)):
            raise PatchError(f"the loop uses `{texts}`, which it goes over")
    around = next(p for p in source.parents(loop) if isinstance(p, Function))
    for n in ast.walk(around):
        later = isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in inside
        if (
            later
            and isinstance(n, ast.Name)
            and n.id in {item, answer}
            and source.start(n) > source.end(loop)
        ):
            raise PatchError(f"`{n.id}` of the last turn is read after the loop")


def _turn(
    source: Source, loop: ast.For, asks: ast.stmt | None, uses: list[ast.Subscript], row: str
) -> list[str]:
    """The body one step deeper, without the call, and with each embedding by its own name."""
    first = source.line_of(source.start(loop.body[0]))
    if asks is not None:
        first = source.line_of(source.end(asks)) + 1
        if source.data[source.end(asks) : source.line_start(first)].strip():
            raise PatchError("the call shares its line with a comment or another statement")
    last = source.line_of(source.end(loop.body[-1]))
    if first > last:
        raise PatchError("nothing is done with the embeddings")
    start = source.line_start(first)
    data = source.data[start : source.end(loop.body[-1])]
    for use in sorted(uses, key=source.start, reverse=True):
        begin, end = source.start(use) - start, source.end(use) - start
        if b"\n" in data[begin:end]:
            raise PatchError("the call is written on several lines")
        data = data[:begin] + row.encode() + data[end:]
    lines = data.decode().split(source.newline)
    return [
        source.indent_unit + line if line.strip() and first + place not in source.string_lines else line
        for place, line in enumerate(lines)
    ]
