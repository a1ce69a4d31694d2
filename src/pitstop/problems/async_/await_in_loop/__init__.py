"""`await-in-loop`: calls to another server awaited one after the other."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.await_in_loop.detector import detect
from pitstop.problems.async_.await_in_loop.fix import propose
from pitstop.problems.async_.await_in_loop.rule import find

PROBLEM = Problem(
    name="await-in-loop",
    domain="async",
    title="loop that awaits another server on each turn",
    severity="medium",
    fix_class="proved",
    aims=("duration",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
