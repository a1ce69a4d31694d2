"""Computes in a thread: `def` where nothing is awaited, else `run_in_threadpool` for the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.problems.offloading import propose_offload
from pitstop.project.facts import Call, Name

if TYPE_CHECKING:
    from pitstop.project import Project

_SESSIONS = ("Session", "AsyncSession", "AsyncConnection", "Connection")


def propose(finding: Finding, project: Project) -> Patch:
    """A patch that moves the computation off the loop. Raises PatchError."""
    places = {(each.path, each.line, each.column) for each in (finding.location, *finding.places)}
    for function in project.functions:
        for site in function.calls:
            place = function.at(site.node)
            if (place.path, place.line, place.column) in places and isinstance(site.node, Call):
                given = [*site.node.args, *(keyword.value for keyword in site.node.keywords)]
                handed = [each for each in given if isinstance(each, Name)]
                kinds = [project.types.type_of(each, function).name for each in handed]
                if any(kind.rpartition(".")[2] in _SESSIONS for kind in kinds):
                    raise PatchError("it is handed a session of the database, which no two threads may use")
    return propose_offload(finding, project)
