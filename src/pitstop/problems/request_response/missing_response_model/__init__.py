"""`missing-response-model`: a route that answers without a declared type."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.missing_response_model.detector import detect
from pitstop.problems.request_response.missing_response_model.fix import propose
from pitstop.problems.request_response.missing_response_model.rule import find

PROBLEM = Problem(
    name="missing-response-model",
    domain="request-response",
    title="route that answers without a declared type",
    severity="high",
    fix_class="proved",
    aims=("cpu",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
