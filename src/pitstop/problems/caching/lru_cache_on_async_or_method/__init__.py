"""`lru-cache-on-async-or-method`: a cache of coroutines, each of which can be awaited once."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.lru_cache_on_async_or_method.rule import find

PROBLEM = Problem(
    name="lru-cache-on-async-or-method",
    domain="caching",
    title="cache of coroutines instead of their results",
    severity="high",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
