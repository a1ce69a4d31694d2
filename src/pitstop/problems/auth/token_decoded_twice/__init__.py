"""`token-decoded-twice`: two functions of one request verify the same token, each for itself."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.token_decoded_twice.rule import find

PROBLEM = Problem(
    name="token-decoded-twice",
    domain="auth",
    title="token that one request decodes twice",
    severity="low",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
