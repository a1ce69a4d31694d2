"""`scheduler-in-every-worker`: job that each worker process runs on its own clock."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.scheduler_in_every_worker.rule import find

PROBLEM = Problem(
    name="scheduler-in-every-worker",
    domain="server",
    title="job that each worker process runs on its own clock",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
