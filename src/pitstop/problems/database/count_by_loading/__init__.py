"""`count-by-loading`: a count made by loading the rows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.count_by_loading.detector import detect
from pitstop.problems.database.count_by_loading.fix import propose
from pitstop.problems.database.count_by_loading.rule import find

PROBLEM = Problem(
    name="count-by-loading",
    domain="database",
    title="count made by loading the rows",
    severity="high",
    fix_class="proved",
    aims=("rows", "duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
