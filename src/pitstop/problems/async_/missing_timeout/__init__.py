"""`missing-timeout`: a call to another server that may wait for ever."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.async_.missing_timeout.fix import WithTimeout
from pitstop.problems.async_.missing_timeout.rule import find

PROBLEM = Problem(
    name="missing-timeout",
    domain="async",
    title="call to another server that may wait for ever",
    severity="medium",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="10s",
                text="give each call 10 seconds: what people wait for has lost them by then",
                effect="a server that never answers costs a request 10 seconds instead of holding it for ever",
                complexity="one argument a call",
                risk="answers that really take longer become errors",
                compatibility="callers may see an error, or what the code makes of it, where they saw nothing",
            ),
            fix=WithTimeout(10),
        ),
        Choice(
            option=Option(
                name="60s",
                text="give each call a minute: for reports, uploads and language models, as long as most proxies wait",
                effect="a server that never answers is let go after a minute",
                complexity="one argument a call",
                risk="a slow neighbour can still hold many threads or connections for a minute each",
                compatibility="callers may see an error, or what the code makes of it, where they saw nothing",
            ),
            fix=WithTimeout(60),
        ),
        Choice(
            option=Option(
                name="by-hand",
                text="give each call its own limit, by the slowest answer that is still wanted, less than your own callers wait",
                effect="the limits fit what is asked",
                complexity="somebody has to know the other servers",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
