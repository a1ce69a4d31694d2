"""`commit-in-loop`: a transaction committed once for each turn of a loop."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.commit_in_loop.detector import detect
from pitstop.problems.database.commit_in_loop.fix import propose
from pitstop.problems.database.commit_in_loop.rule import find

PROBLEM = Problem(
    name="commit-in-loop",
    domain="database",
    title="transaction committed once for each turn of a loop",
    severity="medium",
    fix_class="proved",
    aims=("commits", "statements"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
