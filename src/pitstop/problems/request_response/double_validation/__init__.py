"""`double-validation`: answers turned into plain values by hand before FastAPI does it once more."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.double_validation.detector import detect
from pitstop.problems.request_response.double_validation.fix import propose
from pitstop.problems.request_response.double_validation.rule import find

PROBLEM = Problem(
    name="double-validation",
    domain="request-response",
    title="answer that is turned into plain values twice",
    severity="high",
    fix_class="proved",
    aims=("cpu", "duration"),
    rule=find,
    fix=propose,
    detector=detect,
    folder=Path(__file__).parent,
)
