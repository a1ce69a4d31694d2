"""What is said of each kind of blocking call."""

from __future__ import annotations

from typing import NamedTuple

from pitstop.data import Impact


class Kind(NamedTuple):
    """A kind of blocking call in words, and what freeing the loop from it is expected to gain."""

    verb: str
    impact: Impact


_MEASURED = "20 ms blocking call in async def, 32 clients, moved to a thread: pitstop's own measurement (FastAPI 0.16x, two cores)"
_FREED = Impact(text="requests served at once", expected=(6.0, 20.0), source=_MEASURED)
_CACHE = Impact(text="as long as the cache takes, for all requests at once")
_FILE = Impact(text="as long as the disk takes, for all requests at once")

_CPU = Impact(
    text="latency of all other requests",
    expected=(1.0, 2.3),
    source="bcrypt at cost 12 in async def moved to a thread: p99 of others 865 to 370 ms, throughput the same; pitstop's own measurement",
)

_KINDS = {
    "sleep": Kind("sleeps", _FREED),
    "http": Kind("waits for another server", _FREED),
    "network": Kind("waits for another server", _FREED),
    "llm": Kind("waits for a language model", _FREED),
    "cache": Kind("waits for the cache", _CACHE),
    "subprocess": Kind("waits for another process", _FREED),
    "database": Kind("waits for the database", _FREED),
    "file": Kind("waits for the disk", _FILE),
    "cpu": Kind("computes for long", _CPU),
}


def about(category: str) -> Kind:
    """What to say of a category of `project.blocking`."""
    return _KINDS.get(category, Kind("blocks", _FREED))
