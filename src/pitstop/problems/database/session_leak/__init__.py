"""`session-leak`: a database session that a request makes or shares and that nobody closes."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.session_leak.detector import detect
from pitstop.problems.database.session_leak.fix import propose
from pitstop.problems.database.session_leak.rule import find

PROBLEM = Problem(
    name="session-leak",
    domain="database",
    title="database session that nobody closes",
    severity="high",
    fix_class="proved",
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
