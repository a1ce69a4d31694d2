"""`retry-without-limit`: a request that tries until it works, however long that takes."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.errors.retry_without_limit.rule import find

PROBLEM = Problem(
    name="retry-without-limit",
    domain="errors",
    title="request that tries again for as long as something fails",
    severity="high",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="attempts",
            text="a few attempts and a few seconds: tenacity's `stop=stop_after_attempt(3) | stop_after_delay(5)`, backoff's `max_tries` and `max_time`",
            effect="a request ends whatever the other side does",
            complexity="one argument and `reraise=True`",
            risk="what used to hang fails, so the code around it needs an answer for that (503 with `Retry-After`)",
        ),
        Option(
            name="time-around",
            text="a limit of time around the whole (`asyncio.timeout`)",
            effect="the same, without touching what retries",
            complexity="one block",
            risk="what was half done when the time is up stays so",
        ),
        Option(
            name="queue",
            text="hand it to a worker, which may try for hours, and answer at once",
            effect="no request waits",
            complexity="a queue and a worker",
            compatibility="the answer says that it was taken, not that it is done",
        ),
    ),
    folder=Path(__file__).parent,
)
