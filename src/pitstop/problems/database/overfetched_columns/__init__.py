"""`overfetched-columns`: large columns that a list brings along and that nothing on the way to the answer reads."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.overfetched_columns.detector import detect
from pitstop.problems.database.overfetched_columns.fix import propose
from pitstop.problems.database.overfetched_columns.rule import find

PROBLEM = Problem(
    name="overfetched-columns",
    domain="database",
    title="list that fetches large columns for nobody",
    severity="medium",
    fix_class="proved",
    aims=("duration", "cpu", "memory"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
