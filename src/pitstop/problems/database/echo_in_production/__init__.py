"""`echo-in-production`: engine that logs every statement."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.echo_in_production.fix import propose
from pitstop.problems.database.echo_in_production.rule import find

PROBLEM = Problem(
    name="echo-in-production",
    domain="database",
    title="engine that logs every statement",
    severity="low",
    fix_class="safe",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
