"""`cold-start-work`: a first request that pays for what could be ready before it comes."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.server.cold_start_work.detector import detect

PROBLEM = Problem(
    name="cold-start-work",
    domain="server",
    title="first request that pays for what could be ready before it comes",
    severity="low",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="lifespan",
            text="do it in the lifespan, before the first request is taken",
            effect="the first request is as fast as the others",
            complexity="a line in the lifespan",
            risk="the start takes as long as that: readiness probes have to wait, and a server that it asks has to be there",
        ),
        Option(
            name="beside",
            text="begin it in the lifespan and go on (`asyncio.create_task`, or a thread for what computes)",
            effect="the start is not held up; who comes early waits for what is left",
            complexity="a task that somebody keeps, and that a failure does not end in silence",
            risk="two requests may begin it again unless it is kept behind a lock",
        ),
        Option(
            name="at-build",
            text="work it out when the image is built, and load it",
            effect="next to nothing is left to do in a process",
            complexity="a step of the build and a file",
            risk="what is worked out is as old as the image",
        ),
    ),
    folder=Path(__file__).parent,
)
