"""Frees the event loop: `asyncio.sleep`, `def` where nothing is awaited, else a thread for the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.problems.offloading import propose_offload

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """A patch that moves the blocking call off the loop. Raises PatchError."""
    return propose_offload(finding, project)
