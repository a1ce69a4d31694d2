"""`middleware-order`: refusals that come from outside of the CORS middleware."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.middleware.middleware_order.detector import detect
from pitstop.problems.middleware.middleware_order.fix import add_last
from pitstop.problems.middleware.middleware_order.rule import find

PROBLEM = Problem(
    name="middleware-order",
    domain="middleware",
    title="middleware that refuses requests from outside of CORS",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="cors-outermost",
                text="add the CORS middleware after those that refuse",
                effect="pages can read what they are refused with, and preflights are answered",
                complexity="one statement moves down",
                risk="preflights no longer show in what other middleware log or count",
                compatibility="answers to requests with an Origin get CORS headers, and preflights 200, where they had none",
            ),
            fix=add_last,
        ),
        Choice(
            option=Option(
                name="take-away",
                text="take the CORS middleware away, if no page of another origin calls the service",
                effect="one middleware less for each request",
                complexity="one statement, but somebody has to know who calls",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
