"""`yaml-parsed-in-python`: YAML of requests read by the loader that is written in Python."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.yaml_parsed_in_python.fix import propose
from pitstop.problems.request_response.yaml_parsed_in_python.rule import find

PROBLEM = Problem(
    name="yaml-parsed-in-python",
    domain="request-response",
    title="YAML read by the slow loader while a request waits",
    severity="medium",
    fix_class="proved",
    aims=("blocked_ms", "cpu", "duration"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
