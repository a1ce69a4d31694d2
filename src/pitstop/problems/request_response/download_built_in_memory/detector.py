"""How much of a file was in memory before it was answered."""

from __future__ import annotations

from pitstop.problems.held import HeldAt
from pitstop.problems.request_response.download_built_in_memory.rule import find

detect = HeldAt(
    find, "a request of {route} held {held} MB of the file here before it was sent, and {peak} MB in all"
)
