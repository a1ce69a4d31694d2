"""How many rows the joined collections made."""

from __future__ import annotations

from pitstop.problems.database.cartesian_eager_load.rule import find
from pitstop.problems.measured import ToldAt, joined_rows_read

detect = ToldAt(
    find, joined_rows_read, "rows", "{route} read {count} joined rows here {within} ({ms} ms)", least=20
)
