"""Takes `echo` off the engine: without it the level of the logger decides."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.rewrite import remove_argument
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_SHOWN = 20
"""Routes by which a proof sees that the database still answers."""


def propose(finding: Finding, project: Project) -> Patch:
    """The engine without `echo`. Raises PatchError."""
    places = (finding.location, *finding.places)
    return make_patch(
        finding,
        "Log no statements",
        [
            _quiet(project, path, [place for place in places if place.path == path])
            for path in dict.fromkeys(place.path for place in places)
        ],
        (),
        routes=_asking(project),
        risk="The log has no statements any more. To see them, set the logger `sqlalchemy.engine` to INFO.",
        validate="The log has no line `sqlalchemy.engine.Engine SELECT ...` after a request.",
        rollback="pitstop undo",
    )


def _asking(project: Project) -> tuple[str, ...]:
    """Some of the routes that ask the database, those that only read first: they show that the engine still works."""
    found: dict[str, None] = {}
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is not None and (project.queries.direct(function) or project.writes.direct(function)):
            found.update(dict.fromkeys(route.name for route in reach.routes if route.kind == "route"))
    return tuple(sorted(found, key=lambda name: not name.startswith("GET "))[:_SHOWN])


def _quiet(project: Project, path: str, places: list[Location]) -> FileChange:
    source = open_source(project, path)
    edits: list[Edit] = []
    for place in places:
        call = node_at(source, ast.Call, place)
        echo = next((k for k in call.keywords if k.arg == "echo"), None)
        if echo is None:
            raise PatchError(f"{path}:{call.lineno}: `echo` is not there any more")
        edits += remove_argument(source, call, echo)
    return settle(source, edits)
