"""`duplicate-middleware`: one middleware that stands twice around the same app."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.middleware.duplicate_middleware.rule import find

PROBLEM = Problem(
    name="duplicate-middleware",
    domain="middleware",
    title="the same middleware twice around one app",
    severity="low",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
