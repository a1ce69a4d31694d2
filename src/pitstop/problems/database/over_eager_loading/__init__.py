"""`over-eager-loading`: a relationship loaded along with rows, and then read by nobody."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.over_eager_loading.fix import propose
from pitstop.problems.database.over_eager_loading.rule import find

PROBLEM = Problem(
    name="over-eager-loading",
    domain="database",
    title="relationship that is loaded along and read by nobody",
    severity="medium",
    fix_class="proved",
    aims=("statements", "rows", "duration", "cpu"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
