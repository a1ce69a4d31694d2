"""How many rows were read with all their columns."""

from __future__ import annotations

from pitstop.problems.database.overfetched_columns.rule import find
from pitstop.problems.measured import rows_read, told_at

detect = told_at(find, rows_read, "rows", "{route} read {count} rows here in one request ({ms} ms)", least=20)
