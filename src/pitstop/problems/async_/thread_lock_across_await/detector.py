"""How long the event loop stood still where a lock is waited for."""

from __future__ import annotations

from pitstop.problems.async_.thread_lock_across_await.rule import find
from pitstop.problems.measured import ToldAt, blocks

detect = ToldAt(find, blocks, "blocks", "the event loop stood still here for {ms} ms {within} of {route}")
