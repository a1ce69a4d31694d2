"""`commit-in-loop`: a transaction committed once for each turn of a loop."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.commit_in_loop.detector import detect
from pitstop.problems.database.commit_in_loop.rule import find

PROBLEM = Problem(
    name="commit-in-loop",
    domain="database",
    title="transaction committed once for each turn of a loop",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
