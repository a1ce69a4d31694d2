"""`cold-start-work`: a first request that pays for what could be ready before it comes."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.cold_start_work.detector import detect

PROBLEM = Problem(
    name="cold-start-work",
    domain="server",
    title="first request that pays for what could be ready before it comes",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
