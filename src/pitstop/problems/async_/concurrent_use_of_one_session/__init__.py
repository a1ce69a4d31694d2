"""`concurrent-use-of-one-session`: one database session used by several coroutines at once."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.concurrent_use_of_one_session.detector import detect
from pitstop.problems.async_.concurrent_use_of_one_session.rule import find

PROBLEM = Problem(
    name="concurrent-use-of-one-session",
    domain="async",
    title="database session used by several coroutines at once",
    severity="high",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
