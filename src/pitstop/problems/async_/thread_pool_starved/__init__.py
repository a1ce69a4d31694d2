"""`thread-pool-starved`: requests that wait because all threads are taken."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.thread_pool_starved.detector import detect

PROBLEM = Problem(
    name="thread-pool-starved",
    domain="async",
    title="thread pool whose threads are all taken while requests wait for one",
    severity="high",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
