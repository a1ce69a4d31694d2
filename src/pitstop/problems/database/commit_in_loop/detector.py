"""Commits on every turn of a loop."""

from __future__ import annotations

from pitstop.problems.database.commit_in_loop.rule import find
from pitstop.problems.measured import repeated_commits, told_at

detect = told_at(
    find, repeated_commits, "commits", "{route} committed {count} times here in one request ({ms} ms)"
)
