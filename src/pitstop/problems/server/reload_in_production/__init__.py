"""`reload-in-production`: server that watches its source where it serves."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.reload_in_production.rule import find

PROBLEM = Problem(
    name="reload-in-production",
    domain="server",
    title="server that watches its source where it serves",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
