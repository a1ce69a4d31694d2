"""`route-without-auth`: a write route that anybody may call, among routes that ask who is calling."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.auth.route_without_auth.rule import find

PROBLEM = Problem(
    name="route-without-auth",
    domain="auth",
    title="write route that asks for no login while its siblings do",
    severity="high",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="router",
            text="put the dependency of the siblings on the router (`dependencies=[Depends(...)]`)",
            effect="no route of it can forget it, the next one included",
            complexity="one argument; what is meant to be open moves to a router of its own",
            compatibility="callers without a login get 401",
        ),
        Option(
            name="route",
            text="add the dependency to this route",
            effect="strangers are sent away",
            complexity="one parameter",
            compatibility="callers without a login get 401",
        ),
        Option(
            name="open",
            text="leave it open, and say so in a comment (`# pitstop: ignore[route-without-auth]`)",
            effect="the next reader knows that it is meant",
            complexity="one line",
        ),
    ),
    folder=Path(__file__).parent,
)
