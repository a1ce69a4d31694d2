"""Takes out the line that reads a row again for nobody."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.statements import remove
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_WRITES = {"commit", "flush"}


def propose(finding: Finding, project: Project) -> Patch:
    """The function without the refresh. Raises PatchError."""
    source = open_source(project, finding.location.path)
    edits: list[Edit] = []
    for place in (finding.location, *finding.places):
        edits += _without(source, node_at(source, ast.Call, place))
    return make_patch(
        finding,
        f"Do not read the row again in {finding.location.symbol.rpartition('.')[2]}",
        (settle(source, edits),),
        ("statements",),
        risk="A row that a trigger of the database took away at once is no error any more.",
        validate="One statement less in each request, and the same answer.",
        rollback="pitstop undo",
    )


def _without(source: Source, refresh: ast.Call) -> list[Edit]:
    statement = source.statement(refresh)
    value = statement.value if isinstance(statement, ast.Expr) else None
    inner = value.value if isinstance(value, ast.Await) else value
    if inner is not refresh:
        raise PatchError(f"{source.path}:{refresh.lineno}: the refresh is a part of another statement")
    block, place = source.block(statement)
    before = _called(block[place - 1]) if place else None
    assert isinstance(refresh.func, ast.Attribute)
    if (
        before is None
        or before.attr not in _WRITES
        or source.segment(before.value) != source.segment(refresh.func.value)
    ):
        raise PatchError(
            f"{source.path}:{refresh.lineno}: the session is not told to write right before: the refresh may do so"
        )
    return remove(source, statement)


def _called(statement: ast.stmt) -> ast.Attribute | None:
    """The method that a statement does nothing but call, awaited or not."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return value.func if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else None
