"""The caches of the service's functions, as a process ends."""

from __future__ import annotations

from pitstop.traces.records import Run

from .runner import Runner

APP = """
from functools import cache, lru_cache

@lru_cache(maxsize=2)
def squared(n):
    return n * n

@cache
def once():
    return 1

class Rates:
    @lru_cache
    def rate(self, name):
        return 1

def made():
    return cache(lambda n: n)

kept = [made(), made()]
"""


def told(run: Run) -> dict[str, list[tuple[int, int, int, int | None]]]:
    found: dict[str, list[tuple[int, int, int, int | None]]] = {}
    for each in run.caches:
        found.setdefault(each.name, []).append((each.hits, each.misses, each.size, each.maxsize))
    return found


def test_each_cache_is_told_once(runner: Runner) -> None:
    runner.write("cached.py", APP)
    run = runner.script(
        """
        import functools
        from cached import Rates, kept, once, squared
        for n in (1, 1, 2, 3, 1):
            squared(n)
        once(), once()
        rates = Rates()
        rates.rate("a"), rates.rate("a")
        for each in kept:
            each(1), each(1)
        foreign = functools.cache(lambda: 1)
        foreign()
        compiled = functools.cache(eval(compile("lambda: 1", "pydantic/tools.py", "eval")))
        compiled()
        from pitstop_probe import start
        start.finish(start.PROBE)
        """,
        caches=True,
    )
    assert not run.faults
    assert told(run) == {
        "squared": [(1, 4, 2, 2)],
        "once": [(1, 1, 1, None)],
        "Rates.rate": [(1, 1, 1, 128)],
        "made.<locals>.<lambda>": [(1, 1, 1, None)] * 2,
    }
    (squared,) = [each for each in run.caches if each.name == "squared"]
    assert (squared.path, squared.line) == ("cached.py", 4)


def test_a_forked_child_tells_only_its_own_calls(runner: Runner) -> None:
    runner.write("cached.py", APP)
    run = runner.script(
        """
        import os, sys
        from cached import once, squared
        once(), once(), squared(1), squared(1), squared(2)
        child = os.fork()
        if child == 0:
            once()
            squared.cache_clear()
            squared(5)
            sys.exit(0)
        os.waitpid(child, 0)
        """,
        caches=True,
    )
    assert not run.faults
    assert sorted(told(run)["once"]) == [(1, 0, 1, None), (1, 1, 1, None)]
    assert sorted(told(run)["squared"]) == [(0, 1, 1, 2), (1, 2, 2, 2)]


def test_without_the_order_nothing_is_told(runner: Runner) -> None:
    runner.write("cached.py", APP)
    assert runner.script("from cached import once; once()").caches == ()
