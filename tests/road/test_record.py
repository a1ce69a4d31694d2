"""`pitstop record`: a service under uvicorn, driven over loopback by real clients, and what they sent sent again."""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.road.command import Ended, Home, Started
from tests.road.service import MAIN, lay_on_file, write
from tests.road.serving import serving

pytestmark = pytest.mark.xdist_group("road-record")

MORE = """\


    import asyncio
    import hashlib

    from fastapi import Header, Request, Response, WebSocket
    from fastapi.responses import StreamingResponse


    class NewOrder(BaseModel):
        total: int


    @app.post("/orders")
    def order(given: NewOrder, db: Session = Depends(session), authorization: str = Header("")) -> dict[str, Any]:
        made = Order(customer_id=1, total=given.total)
        db.add(made)
        db.commit()
        return {"id": made.id, "by": authorization}


    @app.post("/uploads/{name}")
    async def upload(name: str, request: Request) -> dict[str, Any]:
        digest, size = hashlib.sha256(), 0
        async for part in request.stream():
            digest.update(part)
            size += len(part)
        return {"name": name, "size": size, "digest": digest.hexdigest()}


    @app.get("/events")
    async def events() -> StreamingResponse:
        async def lines():
            for number in range(3):
                yield f"data: {number}\\n\\n"
                await asyncio.sleep(0.2)

        return StreamingResponse(lines(), media_type="text/event-stream")


    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def lines():
            while True:
                yield "data: x\\n\\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(lines(), media_type="text/event-stream")


    @app.websocket("/live")
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("heard " + await websocket.receive_text())
        await websocket.close()
"""
ROUTES = 8


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop on a SQLite file with data, beside its code."""
    return lay_on_file(tmp_path / "service", {"shop/main.py": MAIN + MORE})


@contextlib.contextmanager
def recording(home: Home, *arguments: str) -> Iterator[tuple[Started, str]]:
    """The command while it records, and where requests are to be sent."""
    started = home.start("record", *arguments, "--listen", "0")
    try:
        started.wait_until_said("Ctrl-C ends it")
        yield started, started.said().split("sent to ")[1].split(",")[0]
    finally:
        if started.process.poll() is None:
            started.process.kill()


def told(started: Started, number: signal.Signals = signal.SIGINT) -> Ended:
    started.process.send_signal(number)
    return started.end()


def test_what_clients_send_is_passed_on_unchanged_and_sent_again(
    home: Home, root: Path, tmp_path: Path
) -> None:
    out, large = tmp_path / "requests.jsonl", b"x" * (9 << 20)
    with (
        serving(root, tmp_path / "log") as url,
        recording(home, str(root), "--to", url, "--out", str(out)) as (started, at),
    ):
        with httpx.Client(base_url=at, timeout=60) as client:
            assert len(client.get("/orders").json()) == 30
            answer = client.post(
                "/orders", json={"total": 5}, headers={"authorization": "Bearer s3cret", "cookie": "a=b"}
            )
            assert answer.json() == {"id": 31, "by": "Bearer s3cret"}
            parts = client.post("/uploads/caf%C3%A9?a=1&b=%20", content=iter([b"one ", b"two"])).json()
            assert (parts["name"], parts["size"]) == ("café", 7)
            whole = client.post("/uploads/large", content=large).json()
            assert whole["size"] == len(large)
            with client.stream("GET", "/events") as events:
                assert "".join(events.iter_text()).split() == ["data:", "0", "data:", "1", "data:", "2"]
            assert client.get("/orders/", follow_redirects=False).headers["location"] == f"{at}/orders"
            assert client.head("/nothing").status_code == 404
        with connect(at.replace("http", "ws") + "/live") as live:
            live.send("you")
            assert live.recv() == "heard you"
        ended = told(started)
    assert (ended.code, ended.err.count("Traceback")) == (0, 0), ended.err
    home.is_clean()

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    sent = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(each["method"], each["path"], each.get("query", "")) for each in sent] == [
        ("GET", "/orders", ""),
        ("POST", "/orders", ""),
        ("POST", "/uploads/caf%C3%A9", "a=1&b=%20"),
        ("GET", "/events", ""),
        ("GET", "/orders/", ""),
        ("HEAD", "/nothing", ""),
    ]
    assert ["authorization", "Bearer s3cret"] in sent[1]["headers"]
    assert ["cookie", "a=b"] in sent[1]["headers"]
    assert not {"host", "connection", "transfer-encoding"} & {
        name for each in sent for name, _ in each["headers"]
    }
    assert base64.b64decode(sent[2]["body"]) == b"one two"

    assert f"6 requests to 4 routes of the {ROUTES} that were read in {root} are in {out}" in ended.out
    assert "passwords, cookies and tokens included; only you can read it" in ended.out
    assert "2 requests, no route that was read takes: GET /orders/ (1), HEAD /nothing (1)" in ended.out
    assert "GET /tags" in ended.out.partition("nobody called")[2]
    assert "/live" not in ended.out
    assert "they find the database as it is then" in ended.out
    assert "1 WebSocket connection: passed on" in ended.out
    assert "1 request with a body too large" in ended.out
    assert "s3cret" not in ended.out + ended.err
    assert f"Next: pitstop measure {root} --requests {out}" in ended.out

    again = home.run("measure", str(root), "--requests", str(out), "--format", "json")
    figures = {each.route: (each.requests, each.errors) for each in again.report().routes}
    assert figures["GET /orders"] == (1, 0)
    assert figures["POST /orders"] == figures["POST /uploads/{name}"] == figures["GET /events"] == (1, 0)


def test_it_ends_in_order_in_the_midst_of_answers_and_uploads(home: Home, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    with (
        serving(root, tmp_path / "log") as url,
        recording(home, str(root), "--to", url, "--out", str(out)) as (started, at),
    ):
        host, _, port = at.removeprefix("http://").partition(":")
        begun = threading.Event()

        def listen() -> None:
            with (
                contextlib.suppress(httpx.HTTPError),
                httpx.stream("GET", f"{at}/endless", timeout=60) as endless,
            ):
                for _ in endless.iter_raw():
                    begun.set()

        listener = threading.Thread(target=listen)
        listener.start()
        assert begun.wait(60)
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /uploads/half HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf")
            with socket.create_connection((host, int(port))) as other:
                other.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
                other.recv(1000)
            ended = told(started, signal.SIGTERM)
        listener.join(60)
        assert not listener.is_alive()
    assert ended.code == 0, ended.err
    assert [json.loads(line)["path"] for line in out.read_text("utf-8").splitlines()] == ["/endless"]
    assert "1 request to 1 route" in ended.out
    assert "the database" not in ended.out
    assert "1 request that is no plain HTTP/1.1" in ended.out


def test_nothing_recorded_leaves_no_file(home: Home, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    with (
        serving(root, tmp_path / "log") as url,
        recording(home, str(root), "--to", url, "--out", str(out)) as (started, _),
    ):
        ended = told(started)
    assert ended.code == 1
    assert ended.out.startswith("Nothing was recorded")
    assert not out.exists()


def test_a_service_that_is_gone_is_told_to_the_client(home: Home, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    service = serving(root, tmp_path / "log")
    url = service.__enter__()
    with recording(home, str(root), "--to", url, "--out", str(out)) as (started, at):
        assert httpx.get(f"{at}/tags").status_code == 200
        service.__exit__(None, None, None)
        gone = httpx.get(f"{at}/orders")
        ended = told(started)
    assert (gone.status_code, "does not answer" in gone.text) == (502, True)
    assert ended.code == 0
    assert "1 connection that the service did not take: answered with 502" in ended.out
    assert [json.loads(line)["path"] for line in out.read_text("utf-8").splitlines()] == ["/tags"]


def test_it_refuses_what_it_cannot_or_must_not_do(home: Home, tmp_path: Path) -> None:
    root = write(tmp_path / "service", {"main.py": "x = 1\n"})
    there = tmp_path / "there.jsonl"
    there.write_text("mine\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        to = f"http://127.0.0.1:{port}"
        for arguments, code, said in (
            (["--to", "http://192.0.2.1:8000"], 2, "--allow-remote-target"),
            (["--to", "http://0.0.0.0:8000"], 2, "--allow-remote-target"),
            (["--to", "https://127.0.0.1:8000"], 2, "plain HTTP"),
            (["--to", "localhost:8000"], 2, "plain HTTP"),
            (["--to", f"{to}/api"], 2, "takes no path"),
            (["--to", "http://127.0.0.1:99999"], 2, "no URL"),
            (["--to", "http://no.such.host.invalid"], 2, "there is no machine"),
            (["--to", to, "--listen", str(port)], 2, "is in use"),
            (["--to", to, "--listen", "70000"], 2, "cannot be listened to"),
            (["--to", to, "--listen", "0", "--out", str(there)], 2, "there is already a file"),
            (["--to", to, "--out", str(tmp_path / "no" / "file")], 2, "there is no folder"),
            ([], 2, "--to"),
        ):
            ended = home.run("record", str(root), *arguments)
            assert (ended.code, said in ended.err) == (code, True), (arguments, ended.err)
    ended = home.run("record", str(root), "--to", to)
    assert (ended.code, "nothing answers" in ended.err) == (3, True)
    assert there.read_text("utf-8") == "mine\n"
