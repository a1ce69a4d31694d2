"""`overfetched-columns`: large columns that a list brings along and that nothing on the way to the answer reads."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.overfetched_columns.detector import detect
from pitstop.problems.database.overfetched_columns.rule import find

PROBLEM = Problem(
    name="overfetched-columns",
    domain="database",
    title="list that fetches large columns for nobody",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
