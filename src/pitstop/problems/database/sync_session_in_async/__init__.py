"""`sync-session-in-async`: a service of coroutines over synchronous sessions."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.database.sync_session_in_async.detector import detect
from pitstop.problems.database.sync_session_in_async.rule import find

PROBLEM = Problem(
    name="sync-session-in-async",
    domain="database",
    title="coroutines that wait for synchronous sessions, all over the service",
    severity="high",
    fix_class="decide",
    rule=find,
    detector=detect,
    options=(
        Option(
            name="def",
            text="make handlers and dependencies `def`: FastAPI runs them in threads, and sessions stay as they are",
            effect="others do not wait: 5.6 times as many requests with statements of 10 ms, none more with those below a millisecond",
            complexity="what they await has to come by parameters, or be called in a synchronous way",
            risk="no more than 40 run at a time; what they share meets threads",
            compatibility="no answer changes",
        ),
        Option(
            name="async-engine",
            text="make engine and sessions asynchronous: each statement is awaited, and what is loaded lazily has to be loaded with the query",
            effect="as many requests wait for the database as it has connections for",
            complexity="another driver, an `await` before each statement, in the whole service",
            risk="a lazy load that was forgotten raises",
        ),
    ),
    folder=Path(__file__).parent,
)
