"""`blocking-call-in-async`: a blocking call in a coroutine that answers requests."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.blocking_call_in_async.detector import detect
from pitstop.problems.async_.blocking_call_in_async.fix import propose
from pitstop.problems.async_.blocking_call_in_async.rule import find

PROBLEM = Problem(
    name="blocking-call-in-async",
    domain="async",
    title="blocking call in a coroutine that answers requests",
    severity="high",
    fix_class="proved",
    aims=("blocked_ms", "throughput"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
