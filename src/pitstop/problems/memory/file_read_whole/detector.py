"""How much of a file was in memory at once."""

from __future__ import annotations

from pitstop.problems.held import HeldAt
from pitstop.problems.memory.file_read_whole.rule import find

detect = HeldAt(find, "a request of {route} held {held} MB of the file here, and {peak} MB in all")
