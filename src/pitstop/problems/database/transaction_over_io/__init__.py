"""`transaction-over-io`: a database transaction that stays open while the request waits for something else."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.transaction_over_io.detector import detect
from pitstop.problems.database.transaction_over_io.rule import find

PROBLEM = Problem(
    name="transaction-over-io",
    domain="database",
    title="database transaction held open while waiting for something else",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
