"""`class-built-per-request`: models, validators, schemas and template engines made anew for every request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.class_built_per_request.fix import propose
from pitstop.problems.request_response.class_built_per_request.rule import find

PROBLEM = Problem(
    name="class-built-per-request",
    domain="request-response",
    title="model, validator, schema or template engine built anew for every request",
    severity="medium",
    fix_class="proved",
    aims=("cpu", "duration"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
