"""`client-per-request`: a client built anew for every request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.client_per_request.detector import detect
from pitstop.problems.async_.client_per_request.fix import propose
from pitstop.problems.async_.client_per_request.rule import find

PROBLEM = Problem(
    name="client-per-request",
    domain="async",
    title="client built anew for every request",
    severity="high",
    fix_class="proved",
    aims=("clients", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
