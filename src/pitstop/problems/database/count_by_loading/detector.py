"""How many rows were read to be counted."""

from __future__ import annotations

from pitstop.problems.database.count_by_loading.rule import find
from pitstop.problems.measured import rows_read, told_at

detect = told_at(find, rows_read, "rows", "{route} read {count} rows here in one request ({ms} ms)", least=20)
