"""`undocumented-response`: answers with statuses that the OpenAPI document does not name."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.api_design.undocumented_response.detector import detect

PROBLEM = Problem(
    name="undocumented-response",
    domain="api-design",
    title="answer whose status the OpenAPI document does not name",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
