"""Frees the event loop: the call that leads to what blocks goes into a thread, or its whole function does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.problems.offloading import propose_offload

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """A patch that moves the way to the blocking call off the loop. Raises PatchError."""
    return propose_offload(finding, project)
