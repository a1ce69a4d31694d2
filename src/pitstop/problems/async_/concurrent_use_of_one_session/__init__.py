"""`concurrent-use-of-one-session`: one database session used by several coroutines at once."""

from pathlib import Path

from pitstop.data import Option
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
    options=(
        Option(
            name="one-after-the-other",
            text="await them one after the other, on the one session",
            effect="right at once, and as fast: the session serves one statement at a time anyway",
            complexity="the `gather` becomes a few lines",
            compatibility="no answer changes",
        ),
        Option(
            name="one-statement",
            text="ask for all of it in one statement, by a join or `IN`",
            effect="one round trip to the database instead of several",
            complexity="a statement to write",
            compatibility="no answer changes",
        ),
        Option(
            name="session-each",
            text="give each coroutine a session of its own",
            effect="worth it where each statement waits for long: three of 10 ms 2.2 times as fast, three small ones 0.7 times",
            complexity="a session maker at hand, and the end of each session",
            risk="each takes a connection of the pool, and does not see what the request has not committed",
            compatibility="rows belong to other sessions: no lazy loads through them",
        ),
    ),
    folder=Path(__file__).parent,
)
