"""`shadowed-route`: a route that an earlier one answers for."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.api_design.shadowed_route.rule import find

PROBLEM = Problem(
    name="shadowed-route",
    domain="api-design",
    title="route that is never reached",
    severity="high",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
