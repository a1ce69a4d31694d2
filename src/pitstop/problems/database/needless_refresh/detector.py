"""How often the row was read again."""

from __future__ import annotations

from pitstop.problems.database.needless_refresh.rule import find
from pitstop.problems.measured import ToldAt, statements

detect = ToldAt(
    find, statements, "statements", "{route} read the row again here {count} times {within} ({ms} ms)"
)
