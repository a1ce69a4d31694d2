"""How many rows were read with all their columns."""

from __future__ import annotations

from pitstop.problems.database.overfetched_columns.rule import find
from pitstop.problems.measured import ToldAt, rows_read

detect = ToldAt(find, rows_read, "rows", "{route} read {count} rows here {within} ({ms} ms)", least=20)
