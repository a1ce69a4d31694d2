"""`pool-misfit`: an engine whose pool does not fit a service that runs for long."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.pool_misfit.detector import detect
from pitstop.problems.database.pool_misfit.rule import find

PROBLEM = Problem(
    name="pool-misfit",
    domain="database",
    title="engine whose pool does not fit a service that runs for long",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
