"""The loop that fell silent, and the line it stood at."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from pitstop.traces.reading import read_run

from .runner import Runner

FILE = "slow.py"


@pytest.mark.parametrize("client", ["sync", "async"])
@pytest.mark.parametrize(
    ("path", "marks"),
    [
        ("/direct", ["direct"]),
        ("/nested", ["nested", "calls"]),
        ("/depends", ["dependency"]),
        ("/computes", ["work"]),
        ("/twice", ["in a task"]),
    ],
)
def test_names_the_line(runner: Runner, path: str, marks: list[str], client: str) -> None:
    # A call that holds the interpreter can end, and its request with it, before the watching thread gets to look.
    run = runner.requests("slow:app", *[f"GET {path}"] * 3, client=client, watchdog_ms=50)
    blocks = [(position, block) for position, each in enumerate(run.exchanges) for block in each.blocks]
    assert blocks
    for position, block in blocks:
        found = runner.lines_of(run, position, block.stack)
        assert found == [(FILE, runner.line(FILE, mark)) for mark in marks]
        assert block.duration_ns > 50_000_000


@pytest.mark.parametrize("path", ["/thread", "/def", "/sleeps", "/waits"])
def test_is_silent_about_waiting_and_threads(runner: Runner, path: str) -> None:
    run = runner.requests("slow:app", *[f"GET {path}"] * 2, watchdog_ms=100)
    assert [exchange.blocks for exchange in run.exchanges] == [(), ()]


def test_is_off_at_zero(runner: Runner) -> None:
    run = runner.requests("slow:app", "GET /direct", watchdog_ms=0)
    assert run.exchanges[0].blocks == ()


def test_the_right_request_of_several_gets_the_block(runner: Runner) -> None:
    run = runner.script(
        """
        import asyncio, httpx
        from slow import app
        async def main():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
                await asyncio.gather(client.get("/sleeps"), client.get("/direct"), client.get("/sleeps"))
        asyncio.run(main())
        """,
        watchdog_ms=50,
    )
    assert {exchange.path for exchange in run.exchanges if exchange.blocks} == {"/direct"}


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_under_a_server(runner: Runner, loop: str) -> None:
    pytest.importorskip(loop)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["-m", "uvicorn", "slow:app", "--port", str(port), "--loop", loop]
    with runner.start(*arguments, watchdog_ms=50) as server:
        try:
            _get(f"http://127.0.0.1:{port}/direct", server)
            _get(f"http://127.0.0.1:{port}/thread", server)
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=30)
    run = read_run(runner.out)
    direct, thread = (exchange for exchange in run.exchanges if exchange.path != "/openapi.json")
    assert [frame.line for frame in run.frames(0, direct.blocks[0].stack)] == [runner.line(FILE, "direct")]
    assert thread.blocks == ()
    assert run.openapi[0].app == "slow:app"


def _get(url: str, server: subprocess.Popen[str]) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            assert server.poll() is None, server.communicate()[0]
            time.sleep(0.1)
    raise AssertionError(f"no server at {url}, {sys.executable}")
