"""`python-side-filtering`: a query whose rows are filtered or cut in Python."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.python_side_filtering.detector import detect
from pitstop.problems.database.python_side_filtering.fix import propose
from pitstop.problems.database.python_side_filtering.rule import find

PROBLEM = Problem(
    name="python-side-filtering",
    domain="database",
    title="query whose rows are filtered or cut in Python",
    severity="medium",
    fix_class="proved",
    aims=("rows", "duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
