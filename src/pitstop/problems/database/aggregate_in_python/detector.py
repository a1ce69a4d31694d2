"""How many rows were read to be summed up."""

from __future__ import annotations

from pitstop.problems.database.aggregate_in_python.rule import find
from pitstop.problems.measured import ToldAt, rows_read

detect = ToldAt(find, rows_read, "rows", "{route} read {count} rows here {within} ({ms} ms)", least=20)
