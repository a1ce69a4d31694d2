"""WebSocket connections as they are told."""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from pathlib import Path

import pytest

from pitstop.traces.reading import read_run
from pitstop.traces.records import Exchange

from .driver import counted, lost
from .runner import Runner
from .test_pair import Coordinator, orders, socket_path

__all__ = ["socket_path"]

TALK = """
import contextlib
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from live import app
with TestClient(app) as client:
    with client.websocket_connect("/api/rooms/a?token=t") as ws:
        for text in ("1", "0", "3"):
            ws.send_text(text)
            assert ws.receive_text() == "a: é"
    with contextlib.suppress(WebSocketDisconnect), client.websocket_connect("/inner/7/echo") as ws:
        ws.send_bytes(b"1234")
        assert ws.receive_bytes() == b"1234"
        ws.close(1001)
"""


def told(exchange: Exchange) -> tuple[str, str, int, int, str]:
    return exchange.key, exchange.route, exchange.status, exchange.close_code, exchange.error


@pytest.mark.parametrize("bodies", [True, False])
def test_a_connection_is_told_as_a_request_of_its_own_method(runner: Runner, bodies: bool) -> None:
    run = runner.script(TALK, phases=True, watchdog_ms=20, bodies=bodies)
    assert not run.faults
    rooms, echo = run.exchanges
    assert {each.method for each in run.exchanges} == {"WEBSOCKET"}
    assert run.requests == ()
    assert told(rooms) == ("replay#1", "/api/rooms/{room}", 101, 1000, "")
    assert told(echo) == ("replay#2", "/inner/{tenant}/echo", 101, 1001, "")
    assert (rooms.path, rooms.query) == ("/api/rooms/a", "token=t")
    assert [(each.messages_in, each.messages_out) for each in run.exchanges] == [(3, 3), (1, 1)]
    assert (rooms.request_bytes, rooms.response_bytes) == (3, 3 * len("a: é".encode()))
    assert (echo.request_bytes, echo.response_bytes) == (4, 4)
    assert (rooms.moments, rooms.cpu_ns) == ((), 0)
    kept = [rooms.request_body.content, rooms.response_body.content, echo.response_body.content]
    assert kept == (
        [b'"1"\n"0"\n"3"\n', b'"a: \\u00e9"\n' * 3, b'{"base64":"MTIzNA=="}\n'] if bodies else [b"", b"", b""]
    )
    assert rooms.duration_ns > max(rooms.turns) > 0
    headers = dict(rooms.request_headers), dict(rooms.response_headers)
    assert [("host" in headers[0]), headers[1].get("x-own")] == ([True, "1"] if bodies else [False, None])
    assert headers[1].get("sec-websocket-protocol") == ("rooms.v1" if bodies else None)


def test_statements_are_those_of_the_connection_and_of_the_message_they_answer(runner: Runner) -> None:
    run = runner.script(TALK)
    rooms = run.exchanges[0]
    reads = [each for each in rooms.statements if each.operation == "SELECT"]
    before = [sum(at < each.start_ns for at in rooms.turns) for each in reads]
    assert before == [1, 5, 5, 5]
    line = runner.line("live.py", "counts")
    assert {runner.lines_of(run, 0, each.stack)[1] for each in reads} == {("live.py", line)}


REFUSED = """
import contextlib
from fastapi.testclient import TestClient
from live import app
client = TestClient(app)
for path in ("/refused", "/denied", "/nothing", "/broken", "/breaks"):
    with contextlib.suppress(BaseException):
        with client.websocket_connect(path) as ws:
            ws.receive_text()
"""


def test_refusals_and_errors(runner: Runner) -> None:
    run = runner.script(REFUSED)
    assert [told(each)[1:] for each in run.exchanges] == [
        ("/refused", 403, 1008, ""),
        ("/denied", 418, 0, ""),
        ("", 403, 1000, ""),
        ("/broken", 500, 0, "builtins.LookupError"),
        ("/breaks", 101, 0, "builtins.LookupError"),
    ]
    assert run.exchanges[1].response_bytes == len("teapot")


def test_a_client_that_leaves_is_no_error_of_the_service(runner: Runner) -> None:
    run = runner.script(
        """
        import contextlib
        from fastapi.testclient import TestClient
        from live import app
        with contextlib.suppress(BaseException):
            with TestClient(app).websocket_connect("/inner/7/echo"):
                pass
        """
    )
    assert [told(each)[2:] for each in run.exchanges] == [(101, 1000, "")]


def test_blocks_and_lines_within_a_connection(runner: Runner) -> None:
    line = runner.line("live.py", "blocks")
    run = runner.script(
        """
        import contextlib
        from fastapi.testclient import TestClient
        from live import app
        with contextlib.suppress(BaseException):
            with TestClient(app).websocket_connect("/blocks") as ws:
                ws.receive_text()
        """,
        watchdog_ms=50,
        hits={"live.py": [line]},
    )
    (exchange,) = run.exchanges
    assert (exchange.status, exchange.close_code) == (101, 4000)
    assert exchange.lines == (("live.py", line),)
    assert [runner.lines_of(run, 0, each.stack) for each in exchange.blocks] == [[("live.py", line)]]


def test_of_very_many_messages_the_first_have_a_moment_and_the_others_are_counted(runner: Runner) -> None:
    run = runner.script("from pitstop_probe import sockets\nsockets.MOST_TURNS = 4\n" + TALK)
    assert [(each.messages_in, each.messages_out) for each in run.exchanges] == [(3, 3), (1, 1)]
    assert [len(each.turns) for each in run.exchanges] == [4, 2]
    assert [each.others for each in run.dropped] == [2]


def test_a_connection_that_its_process_takes_with_it_is_counted(runner: Runner) -> None:
    run = counted(
        runner,
        """
import os
from fastapi.testclient import TestClient
from pitstop_probe.start import PROBE
from live import app
with TestClient(app) as client:
    with client.websocket_connect("/api/rooms/whole"):
        pass
    PROBE.output.flush()
    with client.websocket_connect("/api/rooms/cut"):
        os._exit(0)
""",
    )
    assert [each.path for each in run.exchanges] == ["/api/rooms/whole"]
    assert lost(run) == 1


def test_connections_that_cannot_be_written_in_time_are_lost_as_requests_are(runner: Runner) -> None:
    run = counted(
        runner,
        """
from fastapi.testclient import TestClient
from pitstop_probe.start import PROBE
from pitstop_probe import output
from live import app
with TestClient(app) as client:
    output.PENDING_BYTES = 0
    with client.websocket_connect("/api/rooms/late"):
        pass
""",
    )
    assert run.exchanges == ()
    assert [(each.requests, each.others) for each in run.dropped] == [(1, 0)]


CLOCK = """
from fastapi.testclient import TestClient
from live import app
with TestClient(app) as client, client.websocket_connect("/told") as ws:
    for _ in range(3):
        client.get("/http")
        ws.send_text("?")
        print(ws.receive_text())
"""


def test_the_clock_of_a_connection_goes_on_with_the_requests_beside_it(runner: Runner) -> None:
    run = runner.script(CLOCK, seed=7, epoch=1_700_000_000)
    first = runner.output
    times = first.split()
    assert times == sorted(times)
    assert [each[17:21] for each in times] == ["21.5", "22.5", "23.5"]
    assert {each.method for each in run.exchanges} == {"GET", "WEBSOCKET"}
    runner.script(CLOCK, seed=7, epoch=1_700_000_000)
    assert runner.output == first


def test_nothing_is_repeated_while_a_connection_is_open(runner: Runner, socket_path: Path) -> None:
    coordinator = Coordinator(socket_path, orders)
    run = runner.script(
        """
        from fastapi.testclient import TestClient
        from live import app
        with TestClient(app) as client:
            with client.websocket_connect("/api/rooms/a"):
                client.get("/http")
            client.get("/http")
        """,
        pair=str(socket_path),
        side="a",
    )
    coordinator.close()
    assert not run.faults
    said = [(each["method"], each["echo"]) for each in coordinator.said if "key" in each]
    assert said == [("GET", False), ("GET", True)]


def test_a_connection_that_is_open_at_the_end_is_told(runner: Runner) -> None:
    run = runner.script(
        """
        import asyncio, sys
        from live import app
        async def talk():
            messages = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "0"}]
            async def receive():
                if messages:
                    return messages.pop(0)
                await asyncio.sleep(3600)
            async def send(message):
                pass
            scope = {"type": "websocket", "path": "/api/rooms/a", "query_string": b"", "headers": [], "root_path": ""}
            await app(scope, receive, send)
        loop = asyncio.new_event_loop()
        task = loop.create_task(talk())
        loop.run_until_complete(asyncio.sleep(0.2))
        from pitstop_probe import start
        start.finish(start.PROBE)
        """
    )
    (exchange,) = run.exchanges
    assert told(exchange)[1:] == ("/api/rooms/{room}", 101, 0, "")
    assert (exchange.messages_in, exchange.messages_out) == (1, 1)


def test_a_message_that_cannot_be_read_goes_through_all_the_same(runner: Runner) -> None:
    run = runner.script(
        """
        import asyncio
        from starlette.applications import Starlette
        import live  # imports what the probe waits for
        odd = [{"type": "websocket.receive", "bytes": 7}, {}]
        async def app(scope, receive, send):
            await send({"type": "websocket.accept"})
            assert [await receive(), await receive()] == odd
            await send({"type": "websocket.send", "text": 7})
        async def receive():
            return odd[len(received)]
        received, sent = [], []
        async def counted():
            message = await receive()
            received.append(message)
            return message
        async def send(message):
            sent.append(message)
        whole = Starlette()
        whole.router = app
        scope = {"type": "websocket", "path": "/x", "query_string": b"", "headers": [], "root_path": ""}
        asyncio.run(whole(scope, counted, send))
        assert sent == [{"type": "websocket.accept"}, {"type": "websocket.send", "text": 7}], sent
        """
    )
    assert not run.faults
    assert [told(each)[2:] for each in run.exchanges] == [(101, 0, "pitstop.unreadable_message")]


def test_under_a_server(runner: Runner) -> None:
    client = pytest.importorskip("websockets.sync.client")
    refused = pytest.importorskip("websockets.exceptions").InvalidStatus
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"ws://127.0.0.1:{port}"
    with runner.start(
        "-m", "uvicorn", "live:app", "--port", str(port), watchdog_ms=50, phases=True
    ) as server:
        try:
            for _ in range(300):
                with (
                    contextlib.suppress(OSError),
                    client.connect(f"{address}/api/rooms/b", subprotocols=["rooms.v1"]) as ws,
                ):
                    ws.send("2")
                    assert ws.recv() == "b: é"
                    break
                assert server.poll() is None
                time.sleep(0.1)
            for path in ("/refused", "/denied", "/broken", "/wild/x"):
                with pytest.raises(refused), client.connect(address + path):
                    pass
            with client.connect(f"{address}/inner/7/echo") as left:
                left.send(b"1")
                assert left.recv() == b"1"
                server.send_signal(signal.SIGINT)
                server.communicate(timeout=30)
        finally:
            server.kill()
    run = read_run(runner.out)
    assert not run.faults
    rooms, *others = sorted(run.exchanges, key=lambda each: each.key)
    assert told(rooms)[1:] == ("/api/rooms/{room}", 101, 1000, "")
    assert (rooms.messages_in, rooms.messages_out, len(rooms.turns)) == (1, 1, 2)
    assert sum(each.operation == "SELECT" for each in rooms.statements) == 2
    assert [(each.route, each.status) for each in others] == [
        ("/refused", 403),
        ("/denied", 418),
        ("/broken", 500),
        ("/wild/{path}", 500),
        ("/inner/{tenant}/echo", 101),
    ]
    assert others[-1].close_code == 1012
