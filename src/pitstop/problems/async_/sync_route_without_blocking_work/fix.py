"""Lets the event loop run the function: `async` before `def`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.patching.edits import make_patch
from pitstop.patching.rewrite import make_async
from pitstop.problems.async_.sync_route_without_blocking_work.providing import provide
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """The function as a coroutine, or classes that a coroutine gives. Raises PatchError."""
    if finding.location.symbol in project.index.classes:
        return provide(finding, project)
    source = open_source(project, finding.location.path)
    function = node_at(source, ast.FunctionDef, finding.location)
    return make_patch(
        finding,
        f"Answer without a thread in {function.name}",
        (settle(source, make_async(source, function)),),
        ("cpu", "duration"),
        risk="Whatever is written into it later runs on the event loop: what blocks there would stop everybody. Context variables that "
        "it sets are seen by what runs after it.",
        validate="Answers are the same, and each takes less time.",
        rollback="pitstop undo",
    )
