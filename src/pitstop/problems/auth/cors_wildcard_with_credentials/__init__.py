"""`cors-wildcard-with-credentials`: browsers are told that every website may send, and read, in a user's name."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.cors_wildcard_with_credentials.rule import find

PROBLEM = Problem(
    name="cors-wildcard-with-credentials",
    domain="auth",
    title="leave for every website to make requests with its users' credentials",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
