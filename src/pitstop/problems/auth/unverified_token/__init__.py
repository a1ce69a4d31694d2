"""`unverified-token`: claims believed of a token whose signature nobody checks."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.unverified_token.rule import find

PROBLEM = Problem(
    name="unverified-token",
    domain="auth",
    title="token that is believed without a look at its signature",
    severity="high",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
