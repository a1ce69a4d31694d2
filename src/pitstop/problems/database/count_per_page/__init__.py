"""`count-per-page`: all rows counted again for each page of a list."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.count_per_page.detector import detect

PROBLEM = Problem(
    name="count-per-page",
    domain="database",
    title="list whose rows are all counted again for each page",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
