"""`pool-misfit`: an engine whose pool does not fit a service that runs for long."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.database.pool_misfit.detector import detect
from pitstop.problems.database.pool_misfit.fix import Told
from pitstop.problems.database.pool_misfit.rule import find

PROBLEM = Problem(
    name="pool-misfit",
    domain="database",
    title="engine whose pool does not fit a service that runs for long",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="pre-ping",
                text="ask whether a connection still lives as it is taken out of the pool",
                effect="after a restart or an idle limit of the database no request fails for a connection that is gone",
                complexity="one argument",
                risk="one round trip to the database for each connection that is taken out",
                compatibility="no answer changes",
            ),
            fix=Told(ping=True),
        ),
        Choice(
            option=Option(
                name="larger-pool",
                text="keep as many connections as FastAPI runs `def` routes at once, if all processes together stay below PostgreSQL's default of 100",
                effect="requests do not wait for each other's connections, and do not fail after 30 seconds of it",
                complexity="two arguments",
                risk="the database runs more statements at once; what else connects to it has less left",
                compatibility="no answer changes",
            ),
            fix=Told(ping=False),
        ),
        Choice(
            option=Option(
                name="by-hand",
                text="set both by the limit of the database, the number of processes, and for how long each request holds a connection",
                effect="the pool fits the service",
                complexity="somebody has to know the database; a pooler may be the better place for it",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
