"""`unbounded-gather`: as many coroutines at once as there are rows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.unbounded_gather.detector import detect
from pitstop.problems.async_.unbounded_gather.rule import find

PROBLEM = Problem(
    name="unbounded-gather",
    domain="async",
    title="fan-out as wide as its data",
    severity="high",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
