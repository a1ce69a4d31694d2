"""`cartesian-eager-load`: a statement that joins several collections, and so multiplies its rows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.cartesian_eager_load.detector import detect
from pitstop.problems.database.cartesian_eager_load.rule import find

PROBLEM = Problem(
    name="cartesian-eager-load",
    domain="database",
    title="statement that joins several collections, and so multiplies its rows",
    severity="high",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
