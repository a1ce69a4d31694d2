"""The caches of a service, over all of its processes."""

from __future__ import annotations

from collections import defaultdict

from pitstop.measures import CacheSummary
from pitstop.traces.records import Cache, Run


def caches_used(run: Run) -> tuple[CacheSummary, ...]:
    """Each cached function that was called, the one with the most misses first."""
    same: dict[tuple[str, int, str], list[Cache]] = defaultdict(list)
    for cache in run.caches:
        if cache.hits + cache.misses:
            same[cache.path, cache.line, cache.name].append(cache)
    found = [
        CacheSummary(
            name=name,
            path=path,
            line=line,
            caches=len(caches),
            hits=sum(cache.hits for cache in caches),
            misses=sum(cache.misses for cache in caches),
            size=max(cache.size for cache in caches),
            maxsize=caches[0].maxsize,
        )
        for (path, line, name), caches in same.items()
    ]
    return tuple(sorted(found, key=lambda cache: (-cache.misses, -cache.hits, cache.path, cache.line)))
