"""The client for a server on loopback."""

from __future__ import annotations

import base64
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from pitstop.workload import loopback
from pitstop.workload.loopback import send_at_rate, send_in_order
from pitstop.workload.recorded import Request


class Server(socketserver.ThreadingTCPServer):
    """Answers by the path of a request, and keeps what it was sent."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.connections += 1
        while first := self.rfile.readline():
            head = first
            while (line := self.rfile.readline()).strip():
                head += line
            length = next(
                (int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")),
                0,
            )
            self.server.seen.append(head + b"\n" + self.rfile.read(length))
            if not self._answer(first.split()[1].decode().partition("?")[0]):
                return

    def _answer(self, path: str) -> bool:
        answers = {
            "/ok": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "/chunks": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "/head": b"HTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\n",
            "/broken": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
            "/until-closed": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it",
            "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf",
            "/nonsense": b"what?\r\n\r\n",
        }
        if path == "/slow":
            time.sleep(0.3)
            path = "/ok"
        if path == "/never":
            time.sleep(3)
            return False
        self.wfile.write(answers[path])
        return path in ("/ok", "/chunks", "/head", "/broken")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        thread = threading.Thread(target=started.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield started
        started.shutdown()


def port(server: Server) -> int:
    return int(server.server_address[1])


def get(path: str, method: str = "GET") -> Request:
    return Request(method=method, path=path)


def test_in_order_over_one_connection(server: Server) -> None:
    told: list[int] = []
    answers = send_in_order(
        port(server), [get("/ok"), get("/chunks"), get("/broken"), get("/ok")], told.append
    )
    assert [answer.status for answer in answers] == [200, 201, 500, 200]
    assert [answer.failed for answer in answers] == [False, False, True, False]
    assert told == [1, 2, 3, 4]
    assert server.connections == 1


def test_answers_that_end_their_connection(server: Server) -> None:
    paths = ["/ok", "/until-closed", "/ok", "/cut", "/ok", "/nonsense", "/ok"]
    answers = send_in_order(port(server), [get(path) for path in paths])
    assert [answer.status for answer in answers] == [200, 200, 200, 0, 200, 0, 200]


def test_an_answer_to_head_has_no_body(server: Server) -> None:
    answers = send_in_order(port(server), [get("/head", "HEAD"), get("/ok")])
    assert [answer.status for answer in answers] == [204, 200]


def test_what_is_sent(server: Server) -> None:
    request = Request(
        method="POST",
        path="/ok",
        query="a=1&b=%20",
        headers=(("content-type", "text/plain"), ("x-name", "a\r\nx-other: b")),
        body=base64.b64encode(b"\x00body").decode(),
    )
    send_in_order(port(server), [request])
    (seen,) = server.seen
    lines = seen.split(b"\r\n")
    assert lines[0] == b"POST /ok?a=1&b=%20 HTTP/1.1"
    assert b"content-type: text/plain" in lines
    assert b"x-name: a  x-other: b" in lines
    assert b"content-length: 5" in lines
    assert seen.endswith(b"\x00body")


def test_nobody_listens() -> None:
    with Server() as gone:
        number = port(gone)
    (answer,) = send_in_order(number, [get("/ok")])
    assert answer.status == 0
    assert answer.failed


def test_an_answer_that_never_comes_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "PATIENCE_S", 0.2)
    answers = send_in_order(port(server), [get("/never"), get("/ok")])
    assert [answer.status for answer in answers] == [0, 200]


def test_a_rate_does_not_wait_for_answers(server: Server) -> None:
    """One after the other there would never be two at once."""
    answers = send_at_rate(port(server), [get("/slow"), get("/ok")], rate=40, seconds=0.5)
    assert len(answers) == 20
    assert all(answer.status == 200 for answer in answers)
    assert min(answer.seconds for answer in answers[0::2]) >= 0.3
    assert server.connections > 2


def test_time_counts_from_when_a_request_was_due(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one connection the second waits for the first, and that wait is the server's doing."""
    monkeypatch.setattr(loopback, "_MOST_CONNECTIONS", 1)
    answers = send_at_rate(port(server), [get("/slow")], rate=1000, seconds=0.003)
    times = sorted(answer.seconds for answer in answers)
    assert len(times) == 3
    assert times[1] >= 0.59
    assert times[2] >= 0.89
