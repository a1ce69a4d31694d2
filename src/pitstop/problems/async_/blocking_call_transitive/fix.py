"""Frees the event loop: the call that leads to what blocks goes into a thread, or its whole function does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Declined, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.offloading import RISK, offload

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch | Declined:
    """A patch that moves the way to the blocking call off the loop, or why there is none."""
    try:
        changes = offload(project, [finding.location, *finding.places])
        return make_patch(
            finding,
            f"Keep the event loop free in {finding.location.symbol.rpartition('.')[2]}",
            changes,
            ("blocked_ms", "throughput", "duration"),
            risk=RISK,
            validate="Send several requests at once: others must not wait for this one.",
            rollback="pitstop undo",
        )
    except PatchError as error:
        return Declined(finding=finding.id, problem=finding.problem, reason=error.message)
