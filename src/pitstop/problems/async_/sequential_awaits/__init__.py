"""`sequential-awaits`: two servers asked one after the other, though neither answer needs the other."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.sequential_awaits.detector import detect
from pitstop.problems.async_.sequential_awaits.rule import find

PROBLEM = Problem(
    name="sequential-awaits",
    domain="async",
    title="pair of independent waits taken one after the other",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
