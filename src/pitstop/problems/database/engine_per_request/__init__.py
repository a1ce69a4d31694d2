"""`engine-per-request`: an engine, a pool or a connection built anew for every request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.engine_per_request.detector import detect
from pitstop.problems.database.engine_per_request.fix import propose
from pitstop.problems.database.engine_per_request.rule import find

PROBLEM = Problem(
    name="engine-per-request",
    domain="database",
    title="database engine, pool or connection built anew for every request",
    severity="high",
    fix_class="proved",
    aims=("connects", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
