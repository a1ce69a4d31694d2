"""`internals-leaked`: the text of any error, or its traceback, in an answer."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.errors.internals_leaked.detector import detect
from pitstop.problems.errors.internals_leaked.rule import find

PROBLEM = Problem(
    name="internals-leaked",
    domain="errors",
    title="answer that tells what went wrong inside",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
