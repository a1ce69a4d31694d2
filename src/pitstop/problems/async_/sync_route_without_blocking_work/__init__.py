"""`sync-route-without-blocking-work`: a plain function that pays for a thread it does not need."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.sync_route_without_blocking_work.fix import propose
from pitstop.problems.async_.sync_route_without_blocking_work.rule import find

PROBLEM = Problem(
    name="sync-route-without-blocking-work",
    domain="async",
    title="plain function that pays for a thread it does not need",
    severity="low",
    fix_class="proved",
    aims=("cpu", "duration"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
