"""`missing-timeout`: a call to another server that may wait for ever."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.missing_timeout.rule import find

PROBLEM = Problem(
    name="missing-timeout",
    domain="async",
    title="call to another server that may wait for ever",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
