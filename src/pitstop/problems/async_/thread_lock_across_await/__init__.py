"""`thread-lock-across-await`: a lock of threads held while a coroutine waits."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.thread_lock_across_await.detector import detect
from pitstop.problems.async_.thread_lock_across_await.fix import propose
from pitstop.problems.async_.thread_lock_across_await.rule import find

PROBLEM = Problem(
    name="thread-lock-across-await",
    domain="async",
    title="lock of threads held while a coroutine waits",
    severity="high",
    fix_class="proved",
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
