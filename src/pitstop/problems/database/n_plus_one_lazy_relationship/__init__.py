"""`n-plus-one-lazy-relationship`: a relationship loaded once for each row."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.n_plus_one_lazy_relationship.detector import detect
from pitstop.problems.database.n_plus_one_lazy_relationship.fix import propose
from pitstop.problems.database.n_plus_one_lazy_relationship.rule import find

PROBLEM = Problem(
    name="n-plus-one-lazy-relationship",
    domain="database",
    title="relationship loaded once for each row",
    severity="high",
    fix_class="proved",
    aims=("statements",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
