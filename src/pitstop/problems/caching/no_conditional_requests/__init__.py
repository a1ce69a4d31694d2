"""`no-conditional-requests`: large answers that do not change and are sent whole each time."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.no_conditional_requests.detector import detect

PROBLEM = Problem(
    name="no-conditional-requests",
    domain="caching",
    title="large answer that does not change and is sent whole each time",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
