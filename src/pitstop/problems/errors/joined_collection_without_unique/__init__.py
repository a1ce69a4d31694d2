"""`joined-collection-without-unique`: a joined collection whose rows are read as if each were one object."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.errors.joined_collection_without_unique.rule import find

PROBLEM = Problem(
    name="joined-collection-without-unique",
    domain="errors",
    title="joined collection that is read without `unique()`",
    severity="high",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
