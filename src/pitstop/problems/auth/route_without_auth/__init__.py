"""`route-without-auth`: a write route that anybody may call, among routes that ask who is calling."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.route_without_auth.rule import find

PROBLEM = Problem(
    name="route-without-auth",
    domain="auth",
    title="write route that asks for no login while its siblings do",
    severity="high",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
