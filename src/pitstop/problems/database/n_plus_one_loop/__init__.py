"""`n-plus-one-loop`: a query sent once for each turn of a loop."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.n_plus_one_loop.detector import detect
from pitstop.problems.database.n_plus_one_loop.fix import propose
from pitstop.problems.database.n_plus_one_loop.rule import find

PROBLEM = Problem(
    name="n-plus-one-loop",
    domain="database",
    title="query sent once for each turn of a loop",
    severity="high",
    fix_class="proved",
    aims=("statements",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
