"""`expected-failure-becomes-500`: a mistake of the caller that is answered as a fault of the service."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.errors.expected_failure_becomes_500.fix import propose
from pitstop.problems.errors.expected_failure_becomes_500.rule import find

PROBLEM = Problem(
    name="expected-failure-becomes-500",
    domain="errors",
    title="request that may fail as anybody would expect, and is answered with status 500",
    severity="medium",
    fix_class="proved",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
