"""Closes the session: a `with` around its use, or a dependency that yields it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.problems.database.session_leak.makers import makes
from pitstop.problems.editing import node_at, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import Call
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """The session closed at the end of its use. Raises PatchError."""
    function = project.index.functions.get(finding.location.symbol)
    if function is None:
        raise PatchError(
            "the session is shared by all requests: each of its users needs one of its own, as a parameter"
        )
    if finding.places:
        raise PatchError("the function opens several sessions")
    source = open_source(project, finding.location.path)
    made = node_at(source, (ast.Call, ast.Name), finding.location)
    if isinstance(next(source.parents(made)), ast.Return):
        change, what = _yielded(project, function, source, made), f"Yield the session of {function.name}"
    else:
        change, what = _entered(project, function, source, made), f"Close the session of {function.name}"
    return make_patch(
        finding,
        what,
        (change,),
        (),
        risk="Objects of the session load nothing more once it is closed: a relationship that is read later is an error.",
        validate="`engine.pool.checkedout()` is 0 when no request runs.",
        rollback="pitstop undo",
    )


# --- a `with` around its use ----------------------------------------------------------------------------------------


def _entered(project: Project, function: FunctionInfo, source: Source, made: ast.expr) -> FileChange:
    statement = source.statement(made)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is not made:
        raise PatchError("the session is opened in a way that no `with` can take over")
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    assert isinstance(target, ast.Name)
    light = next(site.node for site in function.calls if twin_of(source, ast.Call, site.node) is made)
    assert isinstance(light, Call)
    if makes(project, light, function) != "opens the session":
        raise PatchError(
            "the session is taken out of its dependency, which then never ends: take it as a parameter"
        )
    block, place = source.block(statement)
    rest = block[place + 1 :]
    if not rest:
        raise PatchError("nothing follows where the session is opened")
    around = next(p for p in source.parents(statement) if isinstance(p, Function))
    inside = {id(n) for each in rest for n in ast.walk(each)}
    uses = [n for n in ast.walk(around) if isinstance(n, ast.Name) and n.id == target.id and n is not target]
    if any(id(n) not in inside or not isinstance(n.ctx, ast.Load) for n in uses):
        raise PatchError(f"`{target.id}` is used or set outside of the block that opens it")
    if not source.begins_line(statement) or not source.begins_line(rest[0]):
        raise PatchError("the statement shares its line with others")
    word = "async with" if _is_async(project, function, light) else "with"
    start, end = source.start(statement), source.end(statement)
    edits = [source.edit(start, end, f"{word} {source.segment(made)} as {target.id}:")]
    first = source.line_of(end) + 1
    while not source.line_text(first).strip():
        edits.append(source.edit(source.line_start(first), source.line_start(first + 1), ""))
        first += 1
    return settle(source, [*edits, *_indented(source, first, rest[-1])])


def _is_async(project: Project, function: FunctionInfo, call: Call) -> bool:
    found = project.types.type_of(call, function)
    names = {found.name, *project.types.external_bases(found.name)}
    return "sqlalchemy.ext.asyncio.AsyncSession" in names


def _indented(source: Source, first: int, last: ast.stmt) -> list[Edit]:
    """Lines one step deeper, but for those within texts."""
    lines = range(first, source.line_of(source.end(last)) + 1)
    return [
        source.edit(source.line_start(number), source.line_start(number), source.indent_unit)
        for number in lines
        if source.line_text(number).strip() and number not in source.string_lines
    ]


# --- a dependency that yields ---------------------------------------------------------------------------------------


def _yielded(project: Project, function: FunctionInfo, source: Source, made: ast.expr) -> FileChange:
    _refuse_callers(project, function)
    around = next(p for p in source.parents(made) if isinstance(p, Function))
    body = [s for s in around.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    name = "session"
    if isinstance(made, ast.Name):
        name = made.id
        first = body[0]
        if not isinstance(first, ast.Assign) or ast.unparse(first.targets[0]) != name or len(body) != 2:
            raise PatchError(f"`{function.name}` does more than to open the session")
        made = first.value
    elif len(body) != 1:
        raise PatchError(f"`{function.name}` does more than to open the session")
    if not isinstance(made, ast.Call) or any(isinstance(n, ast.Await) for n in ast.walk(made)):
        raise PatchError("the session is opened in a way that no `with` can take over")
    if name in {n.id for n in ast.walk(made) if isinstance(n, ast.Name)} | {a.arg for a in around.args.args}:
        raise PatchError(f"`{name}` means something else in `{function.name}`")
    start, end = source.line_of(source.start(body[0])), source.line_of(source.end(body[-1]))
    if any("#" in source.line_text(number) for number in range(start, end + 1)):
        raise PatchError("a comment stands with it")
    light = next(site.node for site in function.calls if twin_of(source, ast.Call, site.node) is made)
    assert isinstance(light, Call)
    is_async = _is_async(project, function, light)
    indent = source.indentation(body[0])
    text = f"{'async ' if is_async else ''}with {source.segment(made)} as {name}:{source.newline}{indent}{source.indent_unit}yield {name}"
    edits = [source.edit(source.start(body[0]), source.end(body[-1]), text)]
    if is_async and isinstance(around, ast.FunctionDef):
        at = source.start(around)
        edits.append(source.edit(at, at, "async "))
    if around.returns is not None:
        imports, iterator = ensure_import(
            source, "collections.abc", "AsyncIterator" if is_async else "Iterator"
        )
        written = source.segment(around.returns)
        edits += imports
        edits.append(
            source.edit(source.start(around.returns), source.end(around.returns), f"{iterator}[{written}]")
        )
    return settle(source, edits)


def _refuse_callers(project: Project, function: FunctionInfo) -> None:
    """Raise PatchError where a function is more than a dependency: who calls it would get a generator."""
    name = function.name
    harmless = re.compile(
        rf"Depends\(\s*(\w+\.)*{name}\s*[,)]|dependency_overrides\[\s*(\w+\.)*{name}\s*\]|def {name}\b|import .*\b{name}\b"
    )
    for module in project.index.by_path.values():
        if module.says(name):
            text = harmless.sub("", module.source.text)
            if re.search(rf"^(?!\s*(?:from|import)\b).*\b{name}\b\s*\(", text, re.MULTILINE):
                raise PatchError(f"`{name}` is also called in {module.path}, which would get a generator")
    if function.owner is not None or function.parent is not None or function.node.decorators:
        raise PatchError(f"`{name}` is a method, or part of something else")
