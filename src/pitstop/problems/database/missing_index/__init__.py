"""`missing-index`: a column looked up by that has no index."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.missing_index.detector import detect, refute
from pitstop.problems.database.missing_index.fix import propose
from pitstop.problems.database.missing_index.rule import find

PROBLEM = Problem(
    name="missing-index",
    domain="database",
    title="column looked up by that has no index",
    severity="high",
    fix_class="proved",
    aims=("work", "duration", "cpu"),
    rule=find,
    detector=detect,
    refuter=refute,
    fix=propose,
    folder=Path(__file__).parent,
)
