"""Statements that write one row after the other."""

from __future__ import annotations

from pitstop.problems.database.row_by_row_write.rule import find
from pitstop.problems.measured import ToldAt, repeated_writes

detect = ToldAt(
    find,
    repeated_writes,
    "statements",
    "{route} sent this statement {count} times {within} ({ms} ms)",
    through=True,
)
