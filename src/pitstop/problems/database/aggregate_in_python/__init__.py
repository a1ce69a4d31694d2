"""`aggregate-in-python`: a sum or other aggregate made of loaded rows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.aggregate_in_python.detector import detect
from pitstop.problems.database.aggregate_in_python.fix import propose
from pitstop.problems.database.aggregate_in_python.rule import find

PROBLEM = Problem(
    name="aggregate-in-python",
    domain="database",
    title="sum or other aggregate made of loaded rows",
    severity="medium",
    fix_class="proved",
    aims=("rows", "duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
