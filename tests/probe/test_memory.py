"""The memory of requests that run alone."""

from __future__ import annotations

import pytest

from pitstop.traces.records import Exchange, Memory

from .runner import Runner

MEBIBYTE = 1 << 20


def peak(exchange: Exchange) -> Memory:
    assert exchange.memory is not None
    return exchange.memory


@pytest.mark.parametrize("client", ["sync", "async"])
def test_the_most_that_a_request_had_and_the_line_that_held_it(runner: Runner, client: str) -> None:
    paths = ("/small", "/answered", "/dropped", "/library", "/small")
    run = runner.requests("greedy:app", *(f"GET {path}" for path in paths), client=client, memory=True)
    small, answered, dropped, library, again = map(peak, run.exchanges)
    for each in (small, again):
        assert each.peak_bytes < MEBIBYTE
        assert each.path == ""
    assert answered.peak_bytes >= 8 * MEBIBYTE
    assert 10 * MEBIBYTE <= dropped.peak_bytes < 12 * MEBIBYTE
    for mark, each in (("answered", answered), ("dropped", dropped), ("library", library)):
        assert (each.path, each.line) == ("greedy.py", runner.line("greedy.py", mark))
        assert each.peak_bytes // 3 < each.line_bytes <= each.peak_bytes


def test_what_was_gone_before_anybody_looked_has_no_line(runner: Runner) -> None:
    run = runner.requests("greedy:app", "GET /unseen", memory=True)
    memory = peak(run.exchanges[0])
    assert memory.peak_bytes >= 8 * MEBIBYTE
    assert 2 * memory.line_bytes < memory.peak_bytes


def test_requests_at_once_are_not_told(runner: Runner) -> None:
    run = runner.script(
        """
        import asyncio, httpx
        from greedy import app
        async def main():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
                await asyncio.gather(*[client.get("/waits") for _ in range(3)])
                await client.get("/small")
        asyncio.run(main())
        """,
        memory=True,
    )
    assert not run.faults
    assert [(each.path, each.memory is None) for each in run.exchanges] == [("/waits", True)] * 3 + [
        ("/small", False)
    ]


def test_a_request_beside_a_connection_is_not_told(runner: Runner) -> None:
    run = runner.script(
        """
        from fastapi.testclient import TestClient
        from greedy import app
        with TestClient(app) as client:
            with client.websocket_connect("/socket"):
                client.get("/small")
            client.get("/small")
        """,
        memory=True,
    )
    assert not run.faults
    assert [each.memory is None for each in run.requests] == [True, False]


def test_a_service_that_traces_by_itself_keeps_its_traces(runner: Runner) -> None:
    runner.variables["PYTHONTRACEMALLOC"] = "1"
    run = runner.script(
        """
        import tracemalloc
        from fastapi.testclient import TestClient
        from greedy import app
        before = tracemalloc.get_traced_memory()[0]
        TestClient(app).get("/small")
        assert tracemalloc.get_traced_memory()[0] > before / 2
        """,
        memory=True,
    )
    assert [(fault.where, "traces its memory itself" in fault.error) for fault in run.faults] == [
        ("memory", True)
    ]
    assert run.exchanges[0].memory is None


def test_without_the_order_nothing_is_traced(runner: Runner) -> None:
    run = runner.script(
        """
        import sys
        from fastapi.testclient import TestClient
        from greedy import app
        TestClient(app).get("/small")
        import tracemalloc
        assert not tracemalloc.is_tracing()
        assert "pitstop_probe.memory" not in sys.modules
        """
    )
    assert run.exchanges[0].memory is None
