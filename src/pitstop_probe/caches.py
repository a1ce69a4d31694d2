"""What the service's `functools` caches were good for: looked at once, when the process ends, so that no call pays for it."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from .places import code_of
from .real import after_fork
from .state import Probe


def _nothing() -> None:
    return None


_KIND: Any = type(functools.lru_cache(maxsize=None)(_nothing))


class Caches:
    """Finds the caches among all objects, and writes a record for each of the user's."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._written = False
        self._before: dict[int, tuple[int, int]] = {}
        """Hits and misses that a forked child has from its parent, which tells them itself."""
        after_fork(self._forked)

    def _forked(self) -> None:
        self._written = False
        self._before = {id(cache): (info.hits, info.misses) for cache, info, _, _ in self._own()}

    def _own(self) -> Iterator[tuple[Any, Any, str, Any]]:
        """Each cache of a function of the user's, with what it counted, the path and the code."""
        for cache in gc.get_objects():
            if type(cache) is _KIND:
                code = code_of(cache)
                path = "" if code is None else self._probe.stacks.path(code.co_filename)
                if path:
                    yield cache, cache.cache_info(), path, code

    def write(self) -> None:
        """Write the records, once."""
        if self._written:
            return
        self._written = True
        for cache, info, path, code in self._own():
            hits, misses = self._before.get(id(cache), (0, 0))
            if info.hits < hits or info.misses < misses:  # it was cleared since
                hits = misses = 0
            self._probe.output.put(
                {
                    "type": "cache",
                    "name": str(getattr(cache, "__qualname__", code.co_name)),
                    "path": path,
                    "line": code.co_firstlineno,
                    "hits": info.hits - hits,
                    "misses": info.misses - misses,
                    "size": info.currsize,
                    "maxsize": info.maxsize,
                }
            )


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Look at the caches when the process ends, where the host asked for it."""
    if probe.config.caches:
        probe.at_exit.append(Caches(probe).write)
