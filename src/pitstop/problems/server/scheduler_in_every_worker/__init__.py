"""`scheduler-in-every-worker`: job that each worker process runs on its own clock."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.server.scheduler_in_every_worker.rule import find

PROBLEM = Problem(
    name="scheduler-in-every-worker",
    domain="server",
    title="job that each worker process runs on its own clock",
    severity="medium",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="own-process",
            text="give the jobs a process of their own, of which there is one, or cron",
            effect="each job runs once",
            complexity="one more command to deploy",
            risk="jobs that leaned on the state of the app lose it",
        ),
        Option(
            name="lock",
            text="let each run take a lock that all processes see (`pg_try_advisory_lock`, `SET key value NX EX` in Redis)",
            effect="each job runs once, wherever",
            complexity="a few lines around each job",
            risk="a lock with a time that is too short lets two run",
        ),
        Option(
            name="queue",
            text="a queue that has a schedule (Celery beat, arq, Dramatiq with periodiq)",
            effect="the same, with retries and a place to look",
            complexity="a broker and a worker",
        ),
    ),
    folder=Path(__file__).parent,
)
