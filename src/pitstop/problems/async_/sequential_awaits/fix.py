"""Starts waits that need nothing of each other together, and waits for all of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Source
from pitstop.patching.wrapping import break_line
from pitstop.problems.async_.sequential_awaits.rule import together
from pitstop.problems.bounded import of_asyncio
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import one_line, settle
from pitstop.problems.together import refuse_together
from pitstop.project.facts import Call

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """One `gather` for the neighbours that can wait together. Raises PatchError."""
    if finding.places:
        raise PatchError("the same pair stands in several places of the function")
    found = together(project, finding)
    if found is None:
        raise PatchError("the waits are not there any more")
    function, asked = found
    calls = [each.site.node for each in asked if isinstance(each.site.node, Call)]
    refuse_together(project, function, calls)
    source = open_source(project, finding.location.path)
    return make_patch(
        finding,
        f"Wait for {len(calls)} answers at once in {function.name}",
        (_gathered(source, [twin_of(source, ast.Call, call) for call in calls]),),
        ("duration",),
        risk="A call is made although another one fails, and of several errors the first in time arrives. The other servers get the calls "
        "at once.",
        validate="Answers are the same; the request takes as long as the longest wait.",
        rollback="pitstop undo",
    )


def _gathered(source: Source, calls: list[ast.Call]) -> FileChange:
    statements = [_statement(source, call) for call in calls]
    first, last = statements[0], statements[-1]
    imports, gather = of_asyncio(source, "gather", first)
    names = ", ".join(_target(source, statement) for statement in statements)
    texts = [_one_line(source, call) for call in calls]
    opening = f"{names} = await {gather}("
    start, end = source.start(first), source.line_start(source.line_of(source.end(last)) + 1)
    notes = [
        _note(source, each, after) for each, after in zip(statements, [*statements[1:], None], strict=True)
    ]
    if not any(line for own, above in notes for line in (own, *above)):
        text = f"{opening}{', '.join(texts)})"
        return settle(source, [*imports, source.edit(start, source.end(last), text)])
    indent = source.indentation(first)
    inner = indent + source.indent_unit
    lines = [opening]
    for text, (own, above) in zip(texts, notes, strict=True):
        broken = break_line(f"{inner}{text},", source.indent_unit, source.line_length)
        lines += [*broken[:-1], broken[-1] + (f"  {own}" if own else "")]
        lines += [inner + comment for comment in above]
    lines.append(f"{indent})")
    return settle(source, [*imports, source.edit(start, end, source.newline.join(lines) + source.newline)])


def _statement(source: Source, call: ast.Call) -> ast.Assign:
    statement = source.statement(call)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        raise PatchError("an answer is assigned in a way that says more than its name")
    ends = source.data[source.end(statement) : source.line_start(source.line_of(source.end(statement)) + 1)]
    if not source.begins_line(statement) or ends.lstrip().startswith(b";"):
        raise PatchError("the waits share their lines with other statements")
    return statement


def _target(source: Source, statement: ast.Assign) -> str:
    text = source.segment(statement.targets[0])
    return text if isinstance(statement.targets[0], ast.Name) or text[0] in "([" else f"({text})"


def _one_line(source: Source, call: ast.Call) -> str:
    text = source.segment(call)
    if "\n" not in text:
        return text
    joined = one_line(text)
    if joined is None:
        raise PatchError(f"{source.path}:{call.lineno}: the call holds comments or strings of several lines")
    return joined


def _note(source: Source, statement: ast.Assign, after: ast.Assign | None) -> tuple[str, list[str]]:
    """The comment on a statement's line, and those between it and the next one."""
    end = source.end(statement)
    line_end = source.line_start(source.line_of(end) + 1)
    own = source.data[end:line_end].decode().strip()
    between = source.data[line_end : source.start(after)].decode() if after is not None else ""
    return own, [line.strip() for line in between.splitlines() if line.strip()]
