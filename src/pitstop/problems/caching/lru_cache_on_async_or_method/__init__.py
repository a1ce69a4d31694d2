"""`lru-cache-on-async-or-method`: a cache of coroutines, each of which can be awaited once."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.caching.lru_cache_on_async_or_method.fix import with_results, without_cache
from pitstop.problems.caching.lru_cache_on_async_or_method.rule import find

PROBLEM = Problem(
    name="lru-cache-on-async-or-method",
    domain="caching",
    title="cache of coroutines instead of their results",
    severity="high",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="no-cache",
                text="take the cache off: nothing relied on it, since the second call with the same arguments fails",
                effect="each call does the work, and none fails",
                complexity="one line less",
                risk="the work that was to be spared is done each time",
                compatibility="callers see answers where they saw errors",
            ),
            fix=without_cache,
        ),
        Choice(
            option=Option(
                name="async-lru",
                text="keep results instead of coroutines, with `alru_cache` of the package async-lru",
                effect="the work is done once for the same arguments, as was meant",
                complexity="one line; the package has to be among those of the project",
                risk="results are kept until others take their place: where they grow old, give it a `ttl`",
                compatibility="callers see answers where they saw errors",
            ),
            fix=with_results,
        ),
    ),
    folder=Path(__file__).parent,
)
