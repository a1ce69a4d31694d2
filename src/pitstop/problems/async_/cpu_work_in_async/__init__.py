"""`cpu-work-in-async`: a coroutine that computes for long."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.cpu_work_in_async.detector import detect
from pitstop.problems.async_.cpu_work_in_async.rule import find

PROBLEM = Problem(
    name="cpu-work-in-async",
    domain="async",
    title="coroutine that computes for long",
    severity="high",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
