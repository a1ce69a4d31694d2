"""How many rows were read to be counted."""

from __future__ import annotations

from pitstop.problems.database.count_by_loading.rule import find
from pitstop.problems.measured import ToldAt, rows_read

detect = ToldAt(find, rows_read, "rows", "{route} read {count} rows here {within} ({ms} ms)", least=20)
