"""How long routes hold connections, and from what rate on a pool has none left."""

from __future__ import annotations

import pytest

from pitstop.measures import PoolSummary
from pitstop.traces.pools import pools_used
from pitstop.traces.records import Exchange, Frame, Hold, Pool, Run
from pitstop.traces.store import Traces

MS = 1_000_000
MADE = Frame("app/db.py", 7, "<module>")
QUEUE = Pool(id=1, kind="QueuePool", system="postgresql", size=5, overflow=10, timeout_s=30, stack=3)
OTHER = Pool(id=2, kind="QueuePool", system="sqlite", size=1, overflow=0, timeout_s=30, stack=3)


def exchange(route: str, *holds: Hold, method: str = "GET") -> Exchange:
    return Exchange(
        key="r#1", method=method, path=route, route=route, status=200, duration_ns=900 * MS, holds=holds
    )


def hold(start: int, ms: int, waited: int = 0, pool: int = 1) -> Hold:
    return Hold(pool=pool, start_ns=start * MS, duration_ns=ms * MS, waited_ns=waited * MS)


def used(*exchanges: Exchange, owners: tuple[int, ...] = (), pool: Pool = QUEUE) -> tuple[PoolSummary, ...]:
    each = owners or (1,) * len(exchanges)
    run = Run(
        exchanges=exchanges,
        owners=dict(enumerate(each)),
        stacks={(process, 3): (MADE,) for process in each},
        pools={(process, known.id): known for process in each for known in (pool, OTHER)},
        server_limit=97,
    )
    with Traces.load(run) as traces:
        return pools_used(traces, 4, "Dockerfile")


def test_what_is_held_on_average_says_when_all_are_taken() -> None:
    (pool,) = used(
        exchange("/a", hold(0, 40), hold(50, 60)),
        exchange("/a"),
        exchange("/b", hold(0, 400, waited=10)),
        exchange("/b", hold(0, 200, waited=30)),
        exchange("/c"),
        exchange("/d", hold(0, 100), method="POST"),
    )
    b, d, a = pool.routes
    assert (a.route, a.requests, a.held_ms, a.at_once, a.waited) == ("GET /a", 2, 50, 1, 0)
    assert (b.route, b.requests, b.held_ms, b.waited, b.wait_ms) == ("GET /b", 2, 300, 2, 20)
    assert d.route == "POST /d"
    assert [a.full_per_s, b.full_per_s] == pytest.approx([300, 50])
    assert pool.held_ms == pytest.approx((100 + 600) / 5)
    assert (pool.path, pool.line, pool.workers, pool.workers_at) == ("app/db.py", 7, 4, "Dockerfile")
    assert (pool.connections, pool.server_limit) == (15, 97)


def test_connections_held_together_are_counted() -> None:
    most = exchange("/a", hold(0, 40), hold(10, 10), hold(20, 40), hold(39, 1), hold(40, 5))
    (pool,) = used(exchange("/a", hold(0, 5)), most)
    assert pool.routes[0].at_once == 3


def test_the_pool_held_longest_comes_first() -> None:
    first, second = used(exchange("/a", hold(0, 10), hold(0, 30, pool=2)))
    assert [(each.system, each.held_ms) for each in (first, second)] == [("sqlite", 30), ("postgresql", 10)]


def test_the_pools_of_all_processes_are_one() -> None:
    (pool,) = used(exchange("/a", hold(0, 10)), exchange("/a", hold(0, 30)), owners=(1, 2))
    assert (pool.routes[0].requests, pool.routes[0].held_ms) == (2, 20)


def test_a_pool_without_a_limit_is_never_exhausted() -> None:
    endless = Pool(id=1, kind="QueuePool", system="sqlite", size=5, stack=9)
    (pool,) = used(exchange("/a", hold(0, 10)), pool=endless)
    assert pool.connections is None
    assert pool.routes[0].full_per_s is None
    assert (pool.path, pool.server_limit) == ("", None)


def test_a_websocket_is_open_as_long_as_its_client_likes() -> None:
    assert used(exchange("/talk", hold(0, 800), method="WEBSOCKET")) == ()
    assert used(exchange("/a")) == ()
