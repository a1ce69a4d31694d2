"""`middleware-works-for-everyone`: middleware that asks a server on every request, whoever it is for."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.middleware.middleware_works_for_everyone.detector import detect
from pitstop.problems.middleware.middleware_works_for_everyone.rule import find

PROBLEM = Problem(
    name="middleware-works-for-everyone",
    domain="middleware",
    title="middleware that asks a database or another server on every request, whoever it is for",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
