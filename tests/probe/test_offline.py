"""A run that stays on this machine."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from pitstop_probe.offline import is_here

from .runner import Runner

TRY = """
import asyncio, socket
try:
    {code}
except OSError as error:
    print("refused:" if "pitstop" in str(error) else "other:", error)
else:
    print("done")
"""
CONNECTING = [
    "socket.create_connection(({host!r}, {port}), 5).close()",
    "socket.socket().connect(({host!r}, {port}))",
    "asyncio.run(asyncio.open_connection({host!r}, {port}))",
    "__import__('urllib.request').request.urlopen('http://{host}:{port}/', timeout=5).read()",
    "__import__('httpx').get('http://{host}:{port}/', trust_env=False)",
]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on loopback that answers any request."""

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(5)
            if self.rfile.readline().strip():
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


def outcome(runner: Runner, code: str, databases: list[str] | None = None) -> str:
    run = runner.script(TRY.format(code=code), offline=True, databases=databases)
    assert not run.faults
    assert len(run.refused) == ("refused:" in runner.output or "Connection" in runner.output)
    assert all(each.what == "network" for each in run.refused)
    return runner.output.split(":")[0].strip()


# TEST-NET-1 of RFC 5737: nobody has these addresses.
@pytest.mark.parametrize("code", CONNECTING[:4])
def test_another_machine(runner: Runner, code: str) -> None:
    assert outcome(runner, code.format(host="192.0.2.1", port=9)) == "refused"


def test_httpx_says_so_in_its_own_words(runner: Runner) -> None:
    run = runner.script(
        """
        import httpx
        try:
            httpx.get("http://192.0.2.1:9/", trust_env=False)
        except httpx.ConnectError as error:
            print(error)
        """,
        offline=True,
    )
    assert "pitstop refused a connection to 192.0.2.1:9" in runner.output
    assert [each.address for each in run.refused] == ["192.0.2.1:9"]


@pytest.mark.parametrize("code", CONNECTING)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine(runner: Runner, code: str, host: str, port: int) -> None:
    assert outcome(runner, code.format(host=host, port=port)) == "done"


def test_names_are_not_asked_for(runner: Runner) -> None:
    """The question alone would leave the machine."""
    assert outcome(runner, "socket.getaddrinfo('api.payments.example', 443)") == "refused"
    assert outcome(runner, "socket.gethostbyname('api.payments.example')") == "refused"


def test_datagrams(runner: Runner) -> None:
    code = "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 8125))"
    assert outcome(runner, code) == "refused"


def test_each_address_is_told_once(runner: Runner) -> None:
    run = runner.script(
        """
        import socket
        for _ in range(5):
            try:
                socket.create_connection(("192.0.2.1", 9), 1)
            except ConnectionRefusedError:
                print("refused")
        """,
        offline=True,
    )
    assert runner.output.split() == ["refused"] * 5
    assert len(run.refused) == 1


def test_a_database_that_the_run_may_use_is_let_through(runner: Runner) -> None:
    code = "socket.socket().connect_ex(('192.0.2.1', 5432)) if False else socket.inet_aton('192.0.2.1')"
    assert outcome(runner, code, databases=["postgresql://192.0.2.1:5432/pitstop_x"]) == "done"
    script = """
        from pitstop_probe import start
        from pitstop_probe.offline import Fence
        fence = Fence(start.PROBE)
        fence.audit("socket.connect", (None, ("192.0.2.1", 5432)))
        try:
            fence.audit("socket.connect", (None, ("192.0.2.2", 5432)))
        except ConnectionRefusedError:
            print("refused")
        """
    runner.script(script, databases=["postgresql://192.0.2.1:5432/pitstop_x"])
    assert runner.output.strip() == "refused"


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("fe80::1%eth0", False),
        ("0.0.0.0", True),
        ("", True),
        (None, True),
        (b"localhost", True),
        ("app.localhost", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example.com", False),
        (b"example.com", False),
    ],
)
def test_what_is_here(host: object, here: bool) -> None:
    assert is_here(host) is here
