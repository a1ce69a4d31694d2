"""`duplicate-query`: a row that the request has already loaded is asked for again."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.duplicate_query.detector import detect
from pitstop.problems.database.duplicate_query.fix import propose
from pitstop.problems.database.duplicate_query.rule import find

PROBLEM = Problem(
    name="duplicate-query",
    domain="database",
    title="row that one request asks the database for twice",
    severity="medium",
    fix_class="proved",
    aims=("statements",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
