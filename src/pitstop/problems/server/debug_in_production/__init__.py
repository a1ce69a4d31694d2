"""`debug-in-production`: app that answers errors with its own source."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.debug_in_production.rule import find

PROBLEM = Problem(
    name="debug-in-production",
    domain="server",
    title="app that answers errors with its own source",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
