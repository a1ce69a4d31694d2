"""`oversized-payload`: lists whose items are as full as the answer about a single one."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.oversized_payload.detector import detect
from pitstop.problems.request_response.oversized_payload.rule import find

PROBLEM = Problem(
    name="oversized-payload",
    domain="request-response",
    title="list whose items carry everything that belongs to them",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
