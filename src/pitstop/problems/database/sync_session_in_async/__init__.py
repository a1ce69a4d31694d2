"""`sync-session-in-async`: a service of coroutines over synchronous sessions."""

from pathlib import Path

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
    folder=Path(__file__).parent,
)
