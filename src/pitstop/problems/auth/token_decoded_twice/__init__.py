"""`token-decoded-twice`: two functions of one request verify the same token, each for itself."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.token_decoded_twice.fix import propose
from pitstop.problems.auth.token_decoded_twice.rule import find

PROBLEM = Problem(
    name="token-decoded-twice",
    domain="auth",
    title="token that one request decodes twice",
    severity="low",
    fix_class="proved",
    aims=("cpu", "duration", "throughput"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
