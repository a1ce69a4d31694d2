"""`get-that-writes`: GET requests that change what the service keeps."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.api_design.get_that_writes.detector import detect

PROBLEM = Problem(
    name="get-that-writes",
    domain="api-design",
    title="GET request that changes what the service keeps",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
