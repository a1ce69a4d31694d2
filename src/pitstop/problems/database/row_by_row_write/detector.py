"""Statements that write one row after the other."""

from __future__ import annotations

from pitstop.problems.database.row_by_row_write.rule import find
from pitstop.problems.measured import repeated_writes, told_at

detect = told_at(
    find, repeated_writes, "statements", "{route} sent this statement {count} times in one request ({ms} ms)"
)
