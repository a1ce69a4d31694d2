"""`cartesian-eager-load`: a statement that joins several collections, and so multiplies its rows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.cartesian_eager_load.detector import detect
from pitstop.problems.database.cartesian_eager_load.fix import propose
from pitstop.problems.database.cartesian_eager_load.rule import find

PROBLEM = Problem(
    name="cartesian-eager-load",
    domain="database",
    title="statement that joins several collections, and so multiplies its rows",
    severity="high",
    fix_class="proved",
    aims=("rows", "duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
