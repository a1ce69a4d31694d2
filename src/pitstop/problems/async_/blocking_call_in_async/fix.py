"""Frees the event loop: `asyncio.sleep`, `def` where nothing is awaited, else a thread for the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Declined, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.offloading import RISK, offload

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch | Declined:
    """A patch that moves the blocking call off the loop, or why there is none."""
    if finding.fix.fix_class == "decide":
        reason = (
            "a synchronous session inside a coroutine that also awaits: whether the handlers become `def` or the sessions "
            "asynchronous is a decision about the whole service"
        )
        return Declined(finding=finding.id, problem=finding.problem, reason=reason)
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
