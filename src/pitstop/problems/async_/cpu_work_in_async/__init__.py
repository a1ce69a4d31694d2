"""`cpu-work-in-async`: a coroutine that computes for long."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.async_.cpu_work_in_async.detector import detect
from pitstop.problems.async_.cpu_work_in_async.fix import propose
from pitstop.problems.async_.cpu_work_in_async.rule import find

PROBLEM = Problem(
    name="cpu-work-in-async",
    domain="async",
    title="coroutine that computes for long",
    severity="high",
    fix_class="proved",
    aims=("blocked_ms", "throughput", "duration"),
    rule=find,
    detector=detect,
    fix=propose,
    choices=(
        Choice(
            option=Option(
                name="process-pool",
                text="hand it to a `ProcessPoolExecutor` of the lifespan: pure Python then runs on another core",
                effect="the loop is free, and as much is computed at once as there are cores",
                complexity="what is handed over and comes back is pickled; a pool to start and end",
                risk="each process has its own memory of models and caches",
            )
        ),
        Choice(
            option=Option(
                name="job-queue",
                text="answer 202 with an id, let a worker compute, and let callers ask for the result",
                effect="requests end at once, however long it takes",
                complexity="a queue, a worker, a place for results",
                compatibility="callers have to ask again for what they got at once",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
