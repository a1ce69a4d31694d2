"""`needless-refresh`: a row read again after it was written, and then not looked at."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.needless_refresh.detector import detect
from pitstop.problems.database.needless_refresh.fix import propose
from pitstop.problems.database.needless_refresh.rule import find

PROBLEM = Problem(
    name="needless-refresh",
    domain="database",
    title="row that is read again and then not looked at",
    severity="low",
    fix_class="proved",
    aims=("statements",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
