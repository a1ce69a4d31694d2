"""How many rows were read."""

from __future__ import annotations

from pitstop.problems.database.export_loads_everything.rule import find
from pitstop.problems.measured import rows_read, told_at

detect = told_at(
    find, rows_read, "rows", "{route} read {count} rows here in one request ({ms} ms)", least=100
)
