"""What was measured of the computing: how long the event loop stood still."""

from __future__ import annotations

from pitstop.problems.async_.cpu_work_in_async.rule import find
from pitstop.problems.measured import ToldAt, blocks

detect = ToldAt(
    find, blocks, "blocks", "the event loop stood still here for {ms} ms {within} of {route}", through=True
)
