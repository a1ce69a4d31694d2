"""What connecting takes of an outbound call."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from pitstop.traces.records import Run

from .runner import Runner

HANDSHAKE_NS = 100_000_000
APP = """
import asyncio
import os
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import aiohttp
import httpx
import httpx2
import requests
from fastapi import FastAPI

CERTIFICATE, AUTHORITY = os.environ["CERTIFICATE"], os.environ["AUTHORITY"]


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


class Secured(ThreadingHTTPServer):
    def finish_request(self, request, client_address):
        request.recv(1, socket.MSG_PEEK)  # the client has begun to secure it
        time.sleep(0.1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        with context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request, client_address):
        pass


def served(kind):
    server = kind(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}/"


URLS = {"http": "http://" + served(ThreadingHTTPServer), "https": "https://" + served(Secured)}
trusted = ssl.create_default_context(cafile=AUTHORITY)
app = FastAPI()


@app.get("/httpx/{scheme}")
def with_httpx(scheme: str):
    with httpx.Client(verify=trusted, trust_env=False) as client:
        return [client.get(URLS[scheme]).text for _ in range(2)]

@app.get("/httpx-async/{scheme}")
async def with_httpx_async(scheme: str):
    async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
        return [(await client.get(URLS[scheme])).text for _ in range(2)]

@app.get("/httpx2/{scheme}")
async def with_httpx2(scheme: str):
    async with httpx2.AsyncClient(verify=trusted, trust_env=False) as client:
        return [(await client.get(URLS[scheme])).text for _ in range(2)]

@app.get("/requests/{scheme}")
def with_requests(scheme: str):
    with requests.Session() as session:
        session.verify = AUTHORITY
        session.trust_env = False
        return [session.get(URLS[scheme]).text for _ in range(2)]

@app.get("/aiohttp/{scheme}")
async def with_aiohttp(scheme: str):
    found = []
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.get(URLS[scheme], ssl=trusted) as response:
                found.append(await response.text())
    return found

@app.get("/urllib/{scheme}")
async def with_urllib(scheme: str):
    with urlopen(URLS[scheme], context=trusted if scheme == "https" else None) as response:
        return [response.read().decode(), "ok"]

@app.get("/at-once")
async def at_once():
    async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
        await asyncio.gather(*(client.get(URLS["https"]) for _ in range(3)))

@app.get("/refused")
async def refused():
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            await client.get("http://127.0.0.1:1/")
        except httpx.ConnectError as error:
            return type(error).__name__

@app.get("/within")
async def within():
    later = []

    class Asking(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            async with httpx.AsyncClient(trust_env=False) as other:
                await other.get(URLS["http"])
            later.append(asyncio.create_task(afterwards()))
            return await super().handle_async_request(request)

    over = asyncio.Event()

    async def afterwards():
        await over.wait()
        async with httpx.AsyncClient(trust_env=False) as other:
            await other.get(URLS["http"] + "afterwards")

    async with httpx.AsyncClient(transport=Asking()) as client:
        await client.get(URLS["http"] + "outer")
    over.set()
    await later[0]
"""
CLIENTS = ("httpx", "httpx-async", "httpx2", "requests", "aiohttp", "urllib")
OTHERS = ("/at-once", "/refused", "/within")


class Called(NamedTuple):
    """What an app left that called two servers through each client."""

    runner: Runner
    run: Run


def certified(folder: Path) -> dict[str, str]:
    """Files with a certificate for 127.0.0.1 and its key, and with the authority's certificate."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "certificate.pem"))
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return {
        "CERTIFICATE": str(folder / "certificate.pem"),
        "AUTHORITY": str(folder / "authority.pem"),
    }


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Called:
    """Requests to all routes, one after the other."""
    runner = Runner(tmp_path_factory.mktemp("called"))
    runner.variables.update(certified(runner.folder))
    runner.write("calling.py", APP)
    paths = [f"/{client}/{scheme}" for client in CLIENTS for scheme in ("http", "https")]
    run = runner.requests("calling:app", *(f"GET {path}" for path in (*paths, *OTHERS)), client="async")
    assert {each.body for each in run.exchanges if each.path in paths} == {b'["ok","ok"]'}
    return Called(runner, run)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_plain_connection_is_opened_once(called: Called, client: str) -> None:
    _, exchange = called.runner.only(called.run, f"/{client}/http")
    first, *others = exchange.calls
    assert 0 < first.connect_ns < first.duration_ns
    assert first.tls_ns == 0
    assert [(each.connect_ns, each.tls_ns) for each in others] == [(0, 0)] * (client != "urllib")


@pytest.mark.parametrize("client", CLIENTS)
def test_securing_a_connection_is_told_apart(called: Called, client: str) -> None:
    _, exchange = called.runner.only(called.run, f"/{client}/https")
    first, *others = exchange.calls
    assert first.connect_ns > 0
    assert first.tls_ns >= HANDSHAKE_NS
    assert first.connect_ns + first.tls_ns < first.duration_ns
    assert [(each.connect_ns, each.tls_ns) for each in others] == [(0, 0)] * (client != "urllib")


def test_calls_at_once_have_each_their_own_connection(called: Called) -> None:
    _, exchange = called.runner.only(called.run, "/at-once")
    assert len(exchange.calls) == 3
    assert all(call.tls_ns >= HANDSHAKE_NS for call in exchange.calls)
    assert all(call.connect_ns + call.tls_ns < call.duration_ns for call in exchange.calls)


def test_a_connection_that_is_refused_took_its_time(called: Called) -> None:
    _, exchange = called.runner.only(called.run, "/refused")
    assert exchange.body == b'"ConnectError"'
    (call,) = exchange.calls
    assert 0 < call.connect_ns < call.duration_ns


def test_what_a_call_asks_itself_is_a_part_of_it(called: Called) -> None:
    _, exchange = called.runner.only(called.run, "/within")
    outer, afterwards = exchange.calls
    assert [call.url.rpartition("/")[2] for call in exchange.calls] == ["outer", "afterwards"]
    assert 0 < outer.connect_ns < outer.duration_ns
    assert 0 < afterwards.connect_ns < afterwards.duration_ns
