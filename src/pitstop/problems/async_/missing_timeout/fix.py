"""Says for how long a call may wait."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project


@dataclass(frozen=True)
class WithTimeout:
    """The repair that gives each call of a finding so many seconds."""

    seconds: int

    def __call__(self, finding: Finding, project: Project) -> Patch:
        """The calls with their limit. Raises PatchError."""
        count = 1 + len(finding.places)
        return make_patch(
            finding,
            f"Wait {self.seconds} s at most in {finding.location.path}"
            + (f" ({count} calls)" if count > 1 else ""),
            _changes(project, [finding.location, *finding.places], str(self.seconds)),
            (),
            risk="A call that took longer, or hung, now raises the library's timeout error, which the code around it has to answer for.",
            validate="Let the call go to a port that accepts and says nothing; the request fails in time.",
            rollback="pitstop undo",
        )


def _changes(project: Project, places: list[Location], seconds: str) -> tuple[FileChange, ...]:
    changes = []
    for path in dict.fromkeys(place.path for place in places):
        source = open_source(project, path)
        edits: list[Edit] = []
        for place in places:
            if place.path == path:
                edits += _limited(source, node_at(source, ast.Call, place), seconds)
        changes.append(settle(source, edits))
    return tuple(changes)


def _limited(source: Source, call: ast.Call, seconds: str) -> list[Edit]:
    name = source.segment(call.func).rpartition(".")[2]
    if name == "run_in_executor":
        raise PatchError(
            f"{source.path}:{call.lineno}: `run_in_executor` hands no keywords on",
            "Hand it `functools.partial(..., timeout=...)`.",
        )
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    unlimited = given.get("timeout", given.get("total"))
    if unlimited is None and name == "Timeout":
        unlimited = call.args[0]
    if unlimited is not None:
        return [source.edit(source.start(unlimited), source.end(unlimited), seconds)]
    return [last_argument(source, call, f"{'total' if name == 'ClientTimeout' else 'timeout'}={seconds}")]
