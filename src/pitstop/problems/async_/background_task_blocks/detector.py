"""How long the event loop stood still in a background task."""

from __future__ import annotations

from pitstop.problems.async_.background_task_blocks.rule import find
from pitstop.problems.measured import ToldAt, blocks

detect = ToldAt(
    find, blocks, "blocks", "the event loop stood still here for {ms} ms {within} of {route}", through=True
)
