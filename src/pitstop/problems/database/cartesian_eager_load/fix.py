"""Loads each collection by a statement of its own: `selectinload` where `joinedload` stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.problems.database.cartesian_eager_load.rule import matches
from pitstop.problems.editing import open_source, without_dead_import
from pitstop.problems.layout import settle
from pitstop.problems.loaders import load_apart
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.eager import Eager


def propose(finding: Finding, project: Project) -> Patch:
    """A statement for each collection. Raises PatchError."""
    found = [match for match in matches(project) if match.finding.id == finding.id]
    options = {option.node.at: option for match in found for option in match.options}
    if not all(match.options for match in found) or not options:
        raise PatchError("the model joins collections for each query of it, and others may count on that")
    by_path: dict[str, list[Eager]] = {}
    for option in options.values():
        scope = option.part.scope
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        by_path.setdefault(module.path, []).append(option)
    return make_patch(
        finding,
        f"Load {', '.join(sorted({option.path for option in options.values()}))} apart",
        [_change(project, path, own) for path, own in by_path.items()],
        ("rows", "duration", "cpu"),
        risk="One statement more for each collection; under READ COMMITTED another transaction may commit between them. Without an `order_by` of the "
        "relationship the rows of a collection may come in another order.",
        validate="The answers are the same, and the rows that the database sends are the sum of the collections, not their product.",
        rollback="pitstop undo",
    )


def _change(project: Project, path: str, options: list[Eager]) -> FileChange:
    source = open_source(project, path)
    edits: list[Edit] = []
    for option in options:
        edits += load_apart(source, option)
    return without_dead_import(settle(source, dict.fromkeys(edits)), "joinedload")
