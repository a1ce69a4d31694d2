"""`unbounded-cache`: a cache whose keys requests choose and that never forgets."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.unbounded_cache.rule import find

PROBLEM = Problem(
    name="unbounded-cache",
    domain="caching",
    title="cache whose keys requests choose and that never forgets",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
