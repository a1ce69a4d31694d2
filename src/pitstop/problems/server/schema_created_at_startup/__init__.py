"""`schema-created-at-startup`: schema created at start-up beside its migrations."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.schema_created_at_startup.rule import find

PROBLEM = Problem(
    name="schema-created-at-startup",
    domain="server",
    title="schema created at start-up beside its migrations",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
