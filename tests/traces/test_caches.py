"""Caches of several processes as one."""

from __future__ import annotations

from pitstop.traces.caches import caches_used
from pitstop.traces.records import Cache, Command, Exchange, Frame, Run
from pitstop.traces.store import Traces


def test_hits_and_misses_are_summed_over_processes() -> None:
    run = Run(
        caches=(
            Cache(name="f", path="a.py", line=3, hits=5, misses=1, size=1, maxsize=8),
            Cache(name="f", path="a.py", line=3, hits=2, misses=4, size=4, maxsize=8),
            Cache(name="g", path="a.py", line=9, hits=0, misses=9, size=9),
            Cache(name="unused", path="a.py", line=20, hits=0, misses=0, size=0),
        )
    )
    with Traces.load(run) as traces:
        first, second = caches_used(run, traces)
    assert (first.name, first.misses, first.maxsize) == ("g", 9, None)
    assert (second.caches, second.hits, second.misses, second.size, second.maxsize) == (2, 7, 5, 4, 8)


def test_what_requests_ask_is_told_for_each_route() -> None:
    run = Run(
        caches=tuple(
            Cache(kind="cashews", name="f", path="a.py", line=3, hits=5, misses=1, route=route)
            for route in ("GET /a", "GET /b", "GET /a")
        )
    )
    with Traces.load(run) as traces:
        first, second = caches_used(run, traces)
    assert (first.kind, first.route, first.hits, first.misses) == ("cashews", "GET /a", 10, 2)
    assert (second.route, second.hits, second.misses) == ("GET /b", 5, 1)


def test_keys_looked_up_are_told_by_shape_line_and_route() -> None:
    def get(rows: int | None, *, target: str = "user:?", operation: str = "GET") -> Command:
        return Command(system="redis", operation=operation, target=target, rows=rows, stack=1)

    asked = (get(1), get(0), get(1), get(1, target=""), get(None, operation="SET"), get(1, target="page:?"))
    run = Run(
        exchanges=(Exchange(key="r#1", method="GET", path="/a", route="/a", status=200, commands=asked),),
        owners={0: 1},
        stacks={(1, 1): (Frame("a.py", 3, "f"),)},
    )
    with Traces.load(run) as traces:
        users, pages = caches_used(run, traces)
    assert (users.kind, users.name, users.route) == ("redis", "GET user:?", "GET /a")
    assert (users.path, users.line, users.hits, users.misses) == ("a.py", 3, 2, 1)
    assert (pages.name, pages.hits, pages.misses) == ("GET page:?", 1, 0)
