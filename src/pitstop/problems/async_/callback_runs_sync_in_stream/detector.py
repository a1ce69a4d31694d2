"""How long the event loop stood still in what a stream calls."""

from __future__ import annotations

from pitstop.problems.async_.callback_runs_sync_in_stream.rule import find
from pitstop.problems.measured import ToldAt, blocks

detect = ToldAt(find, blocks, "blocks", "the event loop stood still here for {ms} ms {within} of {route}")
