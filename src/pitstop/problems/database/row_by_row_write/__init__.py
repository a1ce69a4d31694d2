"""`row-by-row-write`: rows written one by one in a loop."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.row_by_row_write.detector import detect
from pitstop.problems.database.row_by_row_write.fix import propose
from pitstop.problems.database.row_by_row_write.rule import find

PROBLEM = Problem(
    name="row-by-row-write",
    domain="database",
    title="loop that writes rows one by one",
    severity="medium",
    fix_class="proved",
    aims=("statements",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
