"""`request-state-in-global`: what one request leaves in a global for another to find."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.state.request_state_in_global.rule import find

PROBLEM = Problem(
    name="request-state-in-global",
    domain="state",
    title="global variable that requests write and read",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
