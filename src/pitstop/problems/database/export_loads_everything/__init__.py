"""`export-loads-everything`: export that holds all of its rows in memory."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.export_loads_everything.detector import detect
from pitstop.problems.database.export_loads_everything.fix import propose
from pitstop.problems.database.export_loads_everything.rule import find

PROBLEM = Problem(
    name="export-loads-everything",
    domain="database",
    title="export that holds all of its rows in memory",
    severity="medium",
    fix_class="proved",
    aims=("memory",),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
