"""`blocking-call-transitive`: a coroutine that calls its way down to something that blocks."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.blocking_call_transitive.detector import detect
from pitstop.problems.async_.blocking_call_transitive.fix import propose
from pitstop.problems.async_.blocking_call_transitive.rule import find

PROBLEM = Problem(
    name="blocking-call-transitive",
    domain="async",
    title="coroutine that calls its way down to something that blocks",
    severity="high",
    fix_class="proved",
    aims=("blocked_ms", "throughput"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
