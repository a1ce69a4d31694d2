"""Caches of several processes as one."""

from __future__ import annotations

from pitstop.traces.caches import caches_used
from pitstop.traces.records import Cache, Run


def test_hits_and_misses_are_summed_over_processes() -> None:
    run = Run(
        caches=(
            Cache(name="f", path="a.py", line=3, hits=5, misses=1, size=1, maxsize=8),
            Cache(name="f", path="a.py", line=3, hits=2, misses=4, size=4, maxsize=8),
            Cache(name="g", path="a.py", line=9, hits=0, misses=9, size=9),
            Cache(name="unused", path="a.py", line=20, hits=0, misses=0, size=0),
        )
    )
    first, second = caches_used(run)
    assert (first.name, first.misses, first.maxsize) == ("g", 9, None)
    assert (second.caches, second.hits, second.misses, second.size, second.maxsize) == (2, 7, 5, 4, 8)
