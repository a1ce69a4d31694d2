"""Loads the collection by a statement of its own, so that each row of the parent comes once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.editing import open_source, without_dead_import
from pitstop.problems.errors.joined_collection_without_unique.rule import matches
from pitstop.problems.layout import settle
from pitstop.problems.loaders import load_apart

if TYPE_CHECKING:
    from pitstop.project import Project


def apart(finding: Finding, project: Project) -> Patch:
    """`selectinload` where `joinedload` stands. Raises PatchError."""
    source = open_source(project, finding.location.path)
    options = {option.node.at: option for found, option in matches(project) if found.id == finding.id}
    if not options:
        raise PatchError("the loader option is not there any more")
    if any(option.loader != "joinedload" for option in options.values()):
        raise PatchError("the statement joins the collection itself: call `unique()` on its result")
    edits = dict.fromkeys(edit for option in options.values() for edit in load_apart(source, option))
    return make_patch(
        finding,
        f"Load {', '.join(sorted({option.path for option in options.values()}))} by a statement of its own",
        (without_dead_import(settle(source, edits), "joinedload"),),
        (),
        meant=Meant(failures=True),
        risk="What comes after the statement has never run: it runs now.",
        validate="Run it against a row with two children: it returns instead of raising.",
        rollback="pitstop undo",
    )
