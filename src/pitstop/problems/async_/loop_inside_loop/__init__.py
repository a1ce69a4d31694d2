"""`loop-inside-loop`: an event loop started where one is running."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.loop_inside_loop.fix import propose
from pitstop.problems.async_.loop_inside_loop.rule import find

PROBLEM = Problem(
    name="loop-inside-loop",
    domain="async",
    title="event loop started where one is running",
    severity="high",
    fix_class="proved",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
