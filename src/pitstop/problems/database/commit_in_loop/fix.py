"""Commits once, after the loop, what each turn commits."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.loops import call_of, following, loop_around, outermost, put_below, take_out
from pitstop.patching.python import Source
from pitstop.problems.database.commit_in_loop.guards import Place, refuse
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """One commit after the loop. Raises PatchError."""
    if finding.places:
        raise PatchError("the loop commits in several places: which of them belong together has to be known")
    source = open_source(project, finding.location.path)
    place = _place(source, node_at(source, ast.Call, finding.location))
    flushes = refuse(project, finding, place)
    return make_patch(
        finding,
        f"Commit once after the loop in {finding.location.symbol.rpartition('.')[2]}",
        (_change(place, flushes=flushes),),
        ("commits", "statements", "duration", "cpu"),
        risk="All turns or none: where one fails, those before it are rolled back with it. Locks on changed rows are held until the end of the loop, "
        "and a loop without turns commits what was changed before it.",
        validate="One commit for each request; let one of several turns fail, and nothing of the request remains.",
        rollback="pitstop undo",
    )


def _place(source: Source, call: ast.Call) -> Place:
    statement = source.statement(call)
    if call_of(statement) is not call or not source.segment(call.func).endswith(".commit"):
        name = source.segment(call.func).rpartition(".")[2]
        raise PatchError(
            f"`{name}` commits for whoever calls it: give it a way to leave that to its caller, and commit after the loop"
        )
    assert isinstance(statement, ast.Expr)
    inner = loop_around(source, statement, "commit")
    session = source.segment(call.func).removesuffix(".commit")
    return Place(source, statement, call, inner, outermost(source, inner), session)


def _change(place: Place, *, flushes: bool) -> FileChange:
    source = place.source
    if flushes:
        end = source.end(place.call.func)
        edits = [source.edit(end - len("commit"), end, "flush")]
        lines = [source.segment(place.statement)]
    else:
        edit, lines = take_out(source, place.statement)
        edits = [edit]
    then = call_of(following(source, place.loop))
    if then is None or source.segment(then.func) != f"{place.session}.commit":
        edits.append(put_below(source, place.loop, lines))
    return settle(source, edits)
