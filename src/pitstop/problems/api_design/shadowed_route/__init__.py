"""`shadowed-route`: a route that an earlier one answers for."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.api_design.shadowed_route.fix import move
from pitstop.problems.api_design.shadowed_route.rule import find

PROBLEM = Problem(
    name="shadowed-route",
    domain="api-design",
    title="route that is never reached",
    severity="high",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="move",
                text="put the route before the one that answers for it",
                effect="it gets the requests for its path, and no others",
                complexity="the function moves up, as it is",
                risk="it may never have run: look at it as at a new one",
                compatibility="callers of its path have got the other's answer so far, mostly a 404 or 422",
            ),
            fix=move,
        ),
        Choice(
            option=Option(
                name="remove",
                text="take the route away: nobody can have used it",
                effect="what the documentation shows is what is there",
                complexity="one function, and what only it needs",
                compatibility="none: its path is answered as before",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
