"""`error-with-status-200`: a failure that is caught and answered as a success."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.errors.error_with_status_200.rule import find

PROBLEM = Problem(
    name="error-with-status-200",
    domain="errors",
    title="failure that is answered with status 200",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
