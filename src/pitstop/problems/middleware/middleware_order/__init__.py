"""`middleware-order`: refusals that come from outside of the CORS middleware."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.middleware.middleware_order.detector import detect
from pitstop.problems.middleware.middleware_order.rule import find

PROBLEM = Problem(
    name="middleware-order",
    domain="middleware",
    title="middleware that refuses requests from outside of CORS",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
