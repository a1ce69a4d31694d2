"""`unbounded-gather`: as many coroutines at once as there are rows."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.unbounded_gather.detector import detect
from pitstop.problems.async_.unbounded_gather.fix import propose
from pitstop.problems.async_.unbounded_gather.rule import find

PROBLEM = Problem(
    name="unbounded-gather",
    domain="async",
    title="fan-out as wide as its data",
    severity="high",
    fix_class="proved",
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
