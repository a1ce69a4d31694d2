"""Has lines that a loop writes to the log written at the level DEBUG, which production leaves out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


def quieten(finding: Finding, project: Project) -> Patch:
    """The lines at DEBUG. Raises PatchError."""
    source = open_source(project, finding.location.path)
    edits: list[Edit] = []
    for place in (finding.location, *finding.places):
        func = node_at(source, ast.Call, place).func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name in {"critical", "error", "exception", "fatal", "warn", "warning"}:
            raise PatchError(f"it is written with `{name}`, for somebody to see it")
        if not isinstance(func, ast.Attribute) or name != "info":
            raise PatchError(f"`{ast.unparse(func)}` writes it, maybe for others too: change the level there")
        end = source.end(func)
        edits.append(source.edit(end - len(name), end, "debug"))
    return make_patch(
        finding,
        "Write the lines of the loop at DEBUG",
        (settle(source, edits),),
        ("cpu", "duration"),
        risk="The lines are missing where the level is INFO: look for alerts and searches that need them.",
        validate="Measure again at the level that production has.",
        rollback="pitstop undo",
    )
