"""`sequential-awaits`: two servers asked one after the other, though neither answer needs the other."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.sequential_awaits.detector import detect
from pitstop.problems.async_.sequential_awaits.fix import propose
from pitstop.problems.async_.sequential_awaits.rule import find

PROBLEM = Problem(
    name="sequential-awaits",
    domain="async",
    title="pair of independent waits taken one after the other",
    severity="medium",
    fix_class="proved",
    aims=("duration",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
