"""Outbound calls, and the clients built for them."""

from __future__ import annotations

import pytest

from pitstop_probe.http_clients import _hash, bare

from .runner import Runner

APP = """
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

import httpx
import httpx2
import requests
from fastapi import FastAPI


class Upstream(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/other")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Upstream)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://user:hidden@127.0.0.1:{server.server_port}/path?token=hidden"
app = FastAPI()
shared = httpx.AsyncClient(trust_env=False)


@app.get("/httpx")
async def with_httpx():
    async with httpx.AsyncClient(trust_env=False) as client:  # builds
        await client.get(URL)  # calls


@app.get("/httpx2")
async def with_httpx2():
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(URL)


@app.get("/shared")
async def with_shared():
    await asyncio.gather(shared.get(URL), shared.get(URL))


@app.get("/requests")
async def with_requests():
    requests.get(URL.replace("/path", "/moved"))


@app.get("/thread")
def in_thread():
    with httpx.Client(trust_env=False) as client:
        client.get(URL)


@app.get("/urllib")
async def with_urllib():
    urlopen(URL.replace("user:hidden@", "")).close()
"""


@pytest.mark.parametrize(
    ("path", "calls", "clients", "on_loop"),
    [
        ("/httpx", 1, ["httpx.AsyncClient"], False),
        ("/httpx2", 1, ["httpx2.AsyncClient"], False),
        ("/shared", 2, [], False),
        ("/requests", 1, ["requests.Session"], True),
        ("/thread", 1, ["httpx.Client"], False),
        ("/urllib", 1, [], True),
    ],
)
def test_calls(runner: Runner, path: str, calls: int, clients: list[str], on_loop: bool) -> None:
    runner.write("caller.py", APP)
    run = runner.requests("caller:app", f"GET {path}")
    (exchange,) = run.exchanges
    assert exchange.status == 200
    assert [each.name for each in exchange.clients] == clients
    assert len(exchange.calls) == calls
    for call in exchange.calls:
        assert call.method == "GET"
        assert "hidden" not in call.url
        assert call.url.endswith(("/path", "/moved"))
        assert call.on_loop is on_loop
        assert call.duration_ns > 0
        assert runner.lines_of(run, 0, call.stack)[0][0] == "caller.py"
    if path == "/httpx":
        assert runner.lines_of(run, 0, exchange.calls[0].stack) == [
            ("caller.py", runner.line("caller.py", "calls"))
        ]
        assert runner.lines_of(run, 0, exchange.clients[0].stack) == [
            ("caller.py", runner.line("caller.py", "builds"))
        ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:p@ss@host:1/a?b=c#d", "https://host:1/a"),
        ("http://host", "http://host"),
        ("http://host?x=1", "http://host"),
        ("/relative?x", "/relative"),
    ],
)
def test_urls_without_secrets(url: str, expected: str) -> None:
    assert bare(url) == expected


SENDING = """
from urllib.request import Request, urlopen

import aiohttp
import httpx
import requests
from fastapi import FastAPI

from caller import server

URL = f"http://127.0.0.1:{server.server_port}/path"
app = FastAPI()


@app.get("/{client}/{query}/{body}/{key}")
async def send(client: str, query: str, body: str, key: str):
    params, url = {"q": query}, f"{URL}?q={query}"
    headers = {"X-Key": key, "User-Agent": query + body + key}
    try:
        if client == "httpx":
            httpx.post(URL, params=params, json={"body": body}, headers=headers)
        elif client == "requests":
            requests.post(URL, params=params, data={"body": body}, headers=headers)
        elif client == "aiohttp":
            async with aiohttp.ClientSession() as session:
                await session.post(URL, params=params, json={"body": body}, headers=headers)
        elif client == "urllib":
            urlopen(Request(url, data=body.encode(), headers=headers)).close()
        else:
            httpx.get(URL)
    except OSError:  # nothing there takes a POST
        pass
"""


@pytest.mark.parametrize("client", ["httpx", "requests", "aiohttp", "urllib"])
def test_what_is_asked_and_sent_is_told_apart(runner: Runner, client: str) -> None:
    runner.write("caller.py", APP)
    runner.write("sending.py", SENDING)
    asked = ("1/one/a", "1/one/a", "2/one/a", "1/two/a", "1/one/a", "1/one/b")
    run = runner.requests("sending:app", *(f"GET /{client}/{each}" for each in asked), "GET /plain/1/one/a")
    assert not run.faults
    *sent, nothing = [exchange.calls[0].sent for exchange in run.exchanges]
    assert sent[0] == sent[1] == sent[4] != ""
    assert len(set(sent)) == 4
    assert nothing == ""
    assert "one" not in "".join(sent)


def test_without_bodies_nothing_is_told_of_what_was_sent(runner: Runner) -> None:
    runner.write("caller.py", APP)
    runner.write("sending.py", SENDING)
    run = runner.requests("sending:app", "GET /httpx/1/one/a", bodies=False)
    assert [call.sent for call in run.exchanges[0].calls] == [""]


def test_what_a_client_and_tracers_put_in_themselves_is_not_told() -> None:
    own = {"User-Agent": "x/1", "Accept": "*/*", b"traceparent": b"00-1-2-01"}
    assert _hash("", own, b"") == ""
    assert _hash("", own | {"X-Key": "a"}, b"") == _hash("", [(b"x-key", b"a")], b"") != _hash("", None, b"")
