"""What the caches of a run were good for: of functions, and keys looked up in Redis."""

from __future__ import annotations

from collections import defaultdict

from pitstop.measures import CacheSummary
from pitstop.traces.records import Cache, Run
from pitstop.traces.store import Traces

_LOOKED_UP = """
SELECT r.route, s."db.operation.name" || ' ' || s."pitstop.target", s."code.file.path", s."code.line.number",
       sum(s."db.response.returned_rows")::BIGINT, count(*)
FROM spans s JOIN routes r ON r.route_id = s.route_id
WHERE s."db.system.name" = 'redis' AND s."db.response.returned_rows" IS NOT NULL AND s."pitstop.target" <> '' AND s."code.file.path" <> ''
GROUP BY ALL
"""


def caches_used(run: Run, traces: Traces) -> tuple[CacheSummary, ...]:
    """Each cache that was asked, the one with the most misses first; `traces` holds the run."""
    same: dict[tuple[str, str, int, str, str], list[Cache]] = defaultdict(list)
    for cache in run.caches:
        if cache.hits + cache.misses:
            same[cache.kind, cache.path, cache.line, cache.name, cache.route].append(cache)
    found = [
        CacheSummary(
            kind=kind,
            name=name,
            path=path,
            line=line,
            route=route,
            caches=len(caches),
            hits=sum(cache.hits for cache in caches),
            misses=sum(cache.misses for cache in caches),
            size=max(cache.size for cache in caches),
            maxsize=caches[0].maxsize,
        )
        for (kind, path, line, name, route), caches in same.items()
    ]
    found += [
        CacheSummary(
            kind="redis", name=name, path=path, line=line, route=route, caches=1, hits=hits, misses=asked - hits, size=0
        )
        for route, name, path, line, hits, asked in traces.sql(_LOOKED_UP)
    ]  # fmt: skip
    return tuple(
        sorted(found, key=lambda cache: (-cache.misses, -cache.hits, cache.path, cache.line, cache.route))
    )
