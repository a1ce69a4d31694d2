"""Frees the event loop: `asyncio.sleep`, `def` where nothing is awaited, else a thread for the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Declined, Finding, Patch
from pitstop.problems.offloading import propose_offload

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch | Declined:
    """A patch that moves the blocking call off the loop, or why there is none."""
    return propose_offload(finding, project)
