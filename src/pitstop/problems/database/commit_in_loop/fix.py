"""Commits once, after the loop, what each turn commits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.problems.database.commit_in_loop.guards import Place, refuse
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


@dataclass(frozen=True)
class _Commit:
    """The statement that commits, and the loop that it leaves: the outermost one that it ends every turn of."""

    statement: ast.Expr
    loop: ast.For | ast.AsyncFor
    inner: ast.For | ast.AsyncFor
    session: str


def propose(finding: Finding, project: Project) -> Patch:
    """One commit after the loop. Raises PatchError."""
    if finding.places:
        raise PatchError("the loop commits in several places: which of them belong together has to be known")
    source = open_source(project, finding.location.path)
    commit = _commit(source, node_at(source, ast.Call, finding.location))
    refused = refuse(
        project, finding, Place(source, commit.statement, commit.inner, commit.loop, commit.session)
    )
    return make_patch(
        finding,
        f"Commit once after the loop in {finding.location.symbol.rpartition('.')[2]}",
        (_change(source, commit, flushes=refused),),
        ("commits", "statements", "duration", "cpu"),
        risk="All turns or none: where one fails, those before it are rolled back with it. Locks on changed rows are held until the end of the loop, "
        "and a loop without turns commits what was changed before it.",
        validate="One commit for each request; let one of several turns fail, and nothing of the request remains.",
        rollback="pitstop undo",
    )


def _commit(source: Source, call: ast.Call) -> _Commit:
    statement = source.statement(call)
    whole = statement.value if isinstance(statement, ast.Expr) else None
    whole = whole.value if isinstance(whole, ast.Await) else whole
    if whole is not call or not isinstance(call.func, ast.Attribute) or call.func.attr != "commit":
        name = source.segment(call.func).rpartition(".")[2]
        raise PatchError(
            f"`{name}` commits for whoever calls it: give it a way to leave that to its caller, and commit after the loop"
        )
    assert isinstance(statement, ast.Expr)
    inner = _loop_around(source, statement)
    loop = inner
    while isinstance(outer := next(source.parents(loop)), ast.For | ast.AsyncFor) and loop in outer.body:
        if loop is not outer.body[-1]:
            raise PatchError(
                "the loop stands in another, whose turns go on after it: which of the two belongs together has to be known"
            )
        loop = outer
    return _Commit(statement, loop, inner, source.segment(call.func.value))


def _loop_around(source: Source, statement: ast.stmt) -> ast.For | ast.AsyncFor:
    """The loop whose body the commit stands in, or in an `if` that ends that body."""
    child = statement
    for parent in source.parents(statement):
        is_loop = isinstance(parent, ast.For | ast.AsyncFor)
        if not isinstance(parent, ast.For | ast.AsyncFor | ast.If) or child not in parent.body:
            break
        if (not is_loop or child is not statement) and child is not parent.body[-1]:
            raise PatchError("a test decides which turns commit, and more happens after it")
        if not isinstance(parent, ast.If):
            return parent
        if parent.orelse:
            break
        child = parent
    raise PatchError(
        "the commit stands in a block of its own on each turn: a transaction for each turn may be meant"
    )


def _change(source: Source, commit: _Commit, *, flushes: bool) -> FileChange:
    statement, loop = commit.statement, commit.loop
    text = source.segment(statement)
    edits: list[Edit] = []
    comment = ""
    if flushes:
        name = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        assert isinstance(name, ast.Call)
        end = source.end(name.func)
        edits.append(source.edit(end - len("commit"), end, "flush"))
    else:
        first = source.line_of(source.start(statement))
        last = source.line_of(source.end(statement))
        while source.line_text(first - 1).lstrip().startswith("#"):
            first -= 1
        comment = "".join(line.strip() + source.newline for line in _lines(source, first, statement.lineno))
        trailing = source.data[source.end(statement) : source.line_start(last + 1)].decode().strip()
        text += f"  {trailing}" if trailing else ""
        # What was set off from the commit by an empty line ends the loop without one.
        while not source.line_text(first - 1).strip():
            first -= 1
        edits.append(source.edit(source.line_start(first), source.line_start(last + 1), ""))
    block, place = source.block(loop)
    following = block[place + 1] if place + 1 < len(block) else None
    if following is None or not _is_commit(source, following, commit.session):
        edits.append(_after(source, loop, comment, text))
    return settle(source, edits)


def _lines(source: Source, first: int, end: int) -> Iterator[str]:
    return (source.line_text(number) for number in range(first, end))


def _is_commit(source: Source, statement: ast.stmt, session: str) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return isinstance(value, ast.Call) and source.segment(value.func) == f"{session}.commit"


def _after(source: Source, loop: ast.stmt, comment: str, text: str) -> Edit:
    """The commit below the loop, at its indentation."""
    indent = source.indentation(loop)
    lines = [*comment.splitlines(), text]
    line = source.line_of(source.end(loop)) + 1
    # A comment at the end of the body belongs to it.
    while (below := source.line_text(line)).lstrip().startswith("#") and below.startswith(indent + " "):
        line += 1
    at = source.line_start(line)
    missing = "" if source.data[:at].endswith((b"\n", b"\r")) else source.newline
    return source.edit(at, at, missing + "".join(f"{indent}{each}{source.newline}" for each in lines))
