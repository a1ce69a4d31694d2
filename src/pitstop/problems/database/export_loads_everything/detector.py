"""How many rows were read."""

from __future__ import annotations

from pitstop.problems.database.export_loads_everything.rule import find
from pitstop.problems.measured import ToldAt, rows_read

detect = ToldAt(find, rows_read, "rows", "{route} read {count} rows here {within} ({ms} ms)", least=100)
