"""`python-side-filtering`: a query whose rows are filtered or cut in Python."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.python_side_filtering.detector import detect
from pitstop.problems.database.python_side_filtering.rule import find

PROBLEM = Problem(
    name="python-side-filtering",
    domain="database",
    title="query whose rows are filtered or cut in Python",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
