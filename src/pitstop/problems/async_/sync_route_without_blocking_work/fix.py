"""Lets the event loop run the function: `async` before `def`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.patching.edits import make_patch
from pitstop.patching.rewrite import make_async
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """The function as a coroutine. Raises PatchError."""
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
