"""`unbounded-query`: a route that reads all rows of a table that grows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.unbounded_query.detector import detect
from pitstop.problems.database.unbounded_query.rule import find

PROBLEM = Problem(
    name="unbounded-query",
    domain="database",
    title="route that reads all rows of a table that grows",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
