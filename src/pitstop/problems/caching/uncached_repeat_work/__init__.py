"""`uncached-repeat-work`: a dear answer that is worked out anew each time it is asked for."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.uncached_repeat_work.detector import detect

PROBLEM = Problem(
    name="uncached-repeat-work",
    domain="caching",
    title="dear answer that is worked out anew though nothing has changed",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
