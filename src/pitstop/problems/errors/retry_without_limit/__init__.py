"""`retry-without-limit`: a request that tries until it works, however long that takes."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.errors.retry_without_limit.rule import find

PROBLEM = Problem(
    name="retry-without-limit",
    domain="errors",
    title="request that tries again for as long as something fails",
    severity="high",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
