"""`keys-fetched-per-request`: signing keys or provider metadata fetched while a request waits."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.auth.keys_fetched_per_request.detector import detect
from pitstop.problems.auth.keys_fetched_per_request.fix import propose
from pitstop.problems.auth.keys_fetched_per_request.rule import find

PROBLEM = Problem(
    name="keys-fetched-per-request",
    domain="auth",
    title="key set or provider metadata fetched for every request",
    severity="high",
    fix_class="proved",
    aims=("duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
