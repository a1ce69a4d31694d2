"""Commits on every turn of a loop."""

from __future__ import annotations

from pitstop.problems.database.commit_in_loop.rule import find
from pitstop.problems.measured import ToldAt, repeated_commits

detect = ToldAt(
    find, repeated_commits, "commits", "{route} committed {count} times here {within} ({ms} ms)", through=True
)
