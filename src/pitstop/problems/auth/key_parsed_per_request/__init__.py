"""`key-parsed-per-request`: keys made anew for each request from a text that stays the same."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.key_parsed_per_request.fix import propose
from pitstop.problems.auth.key_parsed_per_request.rule import find

PROBLEM = Problem(
    name="key-parsed-per-request",
    domain="auth",
    title="key parsed again for every request",
    severity="low",
    fix_class="proved",
    aims=("cpu", "duration"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
