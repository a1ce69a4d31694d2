"""`unused-or-duplicate-index`: index that another index makes needless."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.unused_or_duplicate_index.rule import find

PROBLEM = Problem(
    name="unused-or-duplicate-index",
    domain="database",
    title="index that another index makes needless",
    severity="low",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
