"""`request-state-in-global`: what one request leaves in a global for another to find."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.state.request_state_in_global.rule import find

PROBLEM = Problem(
    name="request-state-in-global",
    domain="state",
    title="global variable that requests write and read",
    severity="medium",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="database",
            text="keep it in the database, or in Redis",
            effect="all processes see the same, and it survives a restart",
            complexity="a table or a key; values that can be written down",
            risk="each look is a round trip",
            compatibility="no answer changes but for those that were wrong",
        ),
        Option(
            name="request",
            text="keep it in `request.state`, or in a context variable, where it is of one request only",
            effect="requests no longer see each other",
            complexity="it has to be handed down to where it is read",
        ),
        Option(
            name="one-process",
            text="leave it, run one process on purpose, and say so where it is started",
            effect="what it does is at least the same for everybody",
            complexity="a line in the deployment",
            risk="all is lost at a restart; threads still meet in it",
        ),
    ),
    folder=Path(__file__).parent,
)
