"""Lets a query that finds no row come to the look at it that stands below already."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_GIVES_NONE = {"one": "one_or_none", "scalar_one": "scalar_one_or_none", "get_one": "get"}


def propose(finding: Finding, project: Project) -> Patch:
    """`one_or_none()` where what it gives is looked at, and answered, right below. Raises PatchError."""
    if finding.places:
        raise PatchError("it may fail in several places of the function")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method not in _GIVES_NONE:
        raise PatchError(
            "which text is right only an annotation can say: let FastAPI read the value, as `UUID`, `int` or an `Enum`"
        )
    name = _named(source.statement(call), call)
    block, place = source.block(source.statement(call))
    below = block[place + 1] if place + 1 < len(block) else None
    if not name or not isinstance(below, ast.If) or not _asks_for_none(below.test, name):
        raise PatchError(
            "nothing below it answers for a row that is not there: use `one_or_none()` and raise 404"
        )
    if not isinstance(below.body[-1], ast.Raise | ast.Return):
        raise PatchError("what is done below without a row goes on")
    assert isinstance(call.func, ast.Attribute)
    end = source.end(call.func)
    edit = source.edit(end - len(method), end, _GIVES_NONE[method])
    return make_patch(
        finding,
        f"Let {name} be None where no row is found",
        (settle(source, [edit]),),
        (),
        risk="Who asks for a row that is not there gets the answer that the code holds for it, where it got status 500.",
        validate="Ask for a row that is not there: the status is that of the check below, and no traceback is in the log.",
        rollback="pitstop undo",
    )


def _named(statement: ast.stmt, call: ast.Call) -> str:
    """The name that a statement gives the row, if that is all that it does."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    target = statement.targets[0]
    return target.id if value is call and isinstance(target, ast.Name) else ""


def _asks_for_none(test: ast.expr, name: str) -> bool:
    """`name is None` or `not name`, alone or as the first of several that each lead there."""
    first = test.values[0] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else test
    return ast.unparse(first) in {f"{name} is None", f"not {name}"}
