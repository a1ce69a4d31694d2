"""Has an app answer errors without its source: always, or unless the environment says otherwise."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import remove_argument
from pitstop.patching.statements import remove
from pitstop.problems.behind import lightest
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


def turn_off(finding: Finding, project: Project) -> Patch:
    """The app without `debug`. Raises PatchError."""
    source, given = _given(finding, project)
    around = next(source.parents(given))
    edits: list[Edit]
    if isinstance(around, ast.keyword):
        call = next(source.parents(around))
        assert isinstance(call, ast.Call)
        edits = remove_argument(source, call, around)
    else:
        edits = remove(source, source.statement(given))
    return _patch(finding, project, "Answer errors without the source", settle(source, edits))


def by_environment(finding: Finding, project: Project) -> Patch:
    """The app with `debug` where the environment variable `DEBUG` is 1. Raises PatchError."""
    source, given = _given(finding, project)
    imports, local = ensure_import(source, "os", at=given)
    quote = source.quote
    text = f"{local}.environ.get({quote}DEBUG{quote}) == {quote}1{quote}"
    edits = [*imports, source.edit(source.start(given), source.end(given), text)]
    return _patch(finding, project, "Show the source of errors where DEBUG is 1", settle(source, edits))


def _given(finding: Finding, project: Project) -> tuple[Source, ast.expr]:
    """Where `debug` is true. Raises PatchError where it is so in several places."""
    if finding.places:
        raise PatchError("it is set in several places")
    source = open_source(project, finding.location.path)
    node = node_at(source, (ast.Call, ast.Attribute), finding.location)
    if isinstance(node, ast.Call):
        return source, next(each.value for each in node.keywords if each.arg == "debug")
    statement = source.statement(node)
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        raise PatchError("it is set together with something else")
    return source, statement.value


def _patch(finding: Finding, project: Project, title: str, change: FileChange) -> Patch:
    return make_patch(
        finding,
        title,
        (change,),
        (),
        routes=lightest(project, {app.identity for app in project.routes.apps}),
        risk="Who reads tracebacks in answers finds them in the log instead. A request that fails in a test is answered otherwise, and then the "
        "proof calls this changed.",
        validate="Let a route raise an error: the answer must not name a file.",
        rollback="pitstop undo",
    )
