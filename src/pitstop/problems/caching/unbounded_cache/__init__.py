"""`unbounded-cache`: a cache whose keys requests choose and that never forgets."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.unbounded_cache.fix import propose
from pitstop.problems.caching.unbounded_cache.rule import find

PROBLEM = Problem(
    name="unbounded-cache",
    domain="caching",
    title="cache whose keys requests choose and that never forgets",
    severity="medium",
    fix_class="proved",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
