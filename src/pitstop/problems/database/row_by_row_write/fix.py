"""Sends the rows of a loop together: one flush below it, or one INSERT with all rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.loops import call_of, following, loop_around, outermost, put_below, take_out
from pitstop.patching.python import Source
from pitstop.problems.database.row_by_row_write.guards import Place, refuse, refuse_flush
from pitstop.problems.database.row_by_row_write.statements import one_insert
from pitstop.problems.editing import node_at, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import Call
from pitstop.verdicts import Metric

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.writes import Write


def propose(finding: Finding, project: Project) -> Patch:
    """One statement for all rows. Raises PatchError."""
    if finding.places:
        raise PatchError("the loop writes in several places, whose order may matter")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    function = project.index.functions[finding.location.symbol]
    write = next(
        (w for w in project.writes.direct(function) if twin_of(source, ast.Call, w.site.node) is call), None
    )
    if write is None or not isinstance(write.site.node, Call):
        name = source.segment(call.func).rpartition(".")[2]
        raise PatchError(
            f"`{name}` writes one row for whoever calls it: give it a twin that takes all of them, and call that once"
        )
    place = _place(source, call, write)
    refuse(project, function, place)
    edits, what, risk, aims = _edits(project, place, write)
    return make_patch(
        finding,
        f"{what} in {function.name}",
        (settle(source, edits),),
        aims,
        risk=risk,
        validate="Count statements per request: one or two, however many rows there are. The rows written are the same.",
        rollback="pitstop undo",
    )


def _place(source: Source, call: ast.Call, write: Write) -> Place:
    statement = source.statement(call)
    if call_of(statement) is not call:
        raise PatchError("the answer to each statement is used")
    loop = loop_around(source, statement, write.kind)
    session: ast.expr = call
    while isinstance(session, ast.Call) and isinstance(session.func, ast.Attribute):
        session = session.func.value
    return Place(source, statement, call, loop, session)


def _edits(project: Project, place: Place, write: Write) -> tuple[list[Edit], str, str, tuple[Metric, ...]]:
    if write.kind == "flush":
        refuse_flush(project, write.function, place)
        return (
            _flushed(place),
            "Flush once after the loop",
            "An error of one row, such as a value that is there already, comes after the loop and not on its turn.",
            # SQLite is sent the rows of a flush one by one all the same, and many suites run on it.
            (),
        )
    if write.kind == "insert":
        return (
            one_insert(project, write, place),
            "Insert all rows at once",
            "The rows are in memory together before they are sent. An error of one row comes after the loop and not on its turn.",
            ("statements", "duration", "cpu"),
        )
    if write.kind == "delete":
        # The effects of a DELETE are told by its text and values: to a proof, one by a list of keys would be another.
        raise PatchError(
            "rows are deleted by one key each: `where(Model.key.in_(keys))` deletes them at once"
        )
    raise PatchError(
        "each row is given values of its own: `execute(update(Model), rows)` writes them at once, by primary key, but past the objects that "
        "the session holds"
    )


def _flushed(place: Place) -> list[Edit]:
    source = place.source
    loop = outermost(source, place.loop)
    edit, lines = take_out(source, place.statement)
    session = source.segment(place.session)
    then = call_of(following(source, loop))
    if then is not None and source.segment(then.func) in {f"{session}.commit", f"{session}.flush"}:
        return [edit]
    return [edit, put_below(source, loop, lines)]
