"""`--with-tests`: a repair brings a test that fails without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.service import lay, suite

pytestmark = pytest.mark.xdist_group("road-guarded")

ONLY = ("--only", "n-plus-one-loop", "--launches", "2", "--format", "json")


def test_it_fails_without_the_repair_and_passes_with_it(home: Home, tmp_path: Path) -> None:
    root = lay(tmp_path / "shop")
    code, tests = root / "shop/main.py", root / "tests/test_shop.py"
    before = code.read_text(), tests.read_text()
    ended = home.run("tune", str(root), "--with-tests", "--apply", *ONLY)
    (patch,) = ended.report().patches
    assert patch.test is not None, patch.no_test
    assert patch.test.name == "tests/test_shop.py::test_orders_statements"
    assert (patch.test.metric, patch.test.before, patch.test.after) == ("statements", 31, 2)
    assert [change.path for change in patch.changes] == ["shop/main.py", "tests/test_shop.py"]
    assert "+def test_orders_statements(client):" in patch.diff
    assert suite(root) == "5 passed"
    mended = code.read_text()
    code.write_text(before[0])
    assert suite(root) == "1 failed, 4 passed"
    code.write_text(mended)
    assert home.run("undo", "--path", str(root)).code == 0
    assert (code.read_text(), tests.read_text()) == before


SERVICE = """
import time

from fastapi import FastAPI

app = FastAPI()


def rate(weight: int) -> int:
    time.sleep(0.05)
    return weight * 3


@app.get("/quotes/{weight}")
async def quote(weight: int) -> int:
    time.sleep(0.05)
    return weight * 2


@app.get("/rates/{weight}")
async def rates(weight: int) -> int:
    return rate(weight)
"""
TESTS = """
from fastapi.testclient import TestClient
from main import app


def test_quote():
    assert TestClient(app).get("/quotes/2").json() == 4


def test_rate():
    assert TestClient(app).get("/rates/2").json() == 6
"""


def test_what_the_event_loop_waited_for_may_not_come_back(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "quotes"
    root.mkdir()
    (root / "main.py").write_text(SERVICE.lstrip())
    (root / "test_main.py").write_text(TESTS.lstrip())
    only = ("--only", "blocking-call-in-async", "--only", "blocking-call-transitive")
    ended = home.run(
        "tune", str(root), "--with-tests", "--apply", *only, "--launches", "2", "--format", "json"
    )
    patches = {patch.problem: patch for patch in ended.report().patches}
    assert patches.keys() == {"blocking-call-in-async", "blocking-call-transitive"}
    for patch in patches.values():
        assert patch.test is not None, patch.no_test
        assert patch.waits == ("time.sleep",)
        assert (patch.test.metric, patch.test.before, patch.test.after) == ("blocked_ms", 1, 0)
    assert suite(root) == "4 passed"
    (root / "main.py").write_text(SERVICE.lstrip())
    assert suite(root) == "2 failed, 2 passed"


CLIENTS = """
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)
partner = {"url": ""}


@app.get("/zones")
async def zones() -> list[str]:
    async with httpx.AsyncClient() as client:
        return (await client.get(partner["url"])).json()
"""
CLIENT_TESTS = """
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient
from main import app, partner


class Zones(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b'["far", "near"]')


@pytest.fixture
def client():
    with ThreadingHTTPServer(("127.0.0.1", 0), Zones) as server:
        threading.Thread(target=server.serve_forever).start()
        partner["url"] = f"http://127.0.0.1:{server.server_port}"
        with TestClient(app) as given:
            yield given
        server.shutdown()


def test_zones(client):
    client.get("/zones")
    assert client.get("/zones").json() == ["far", "near"]
"""


def test_clients_may_not_be_built_again(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "zones"
    root.mkdir()
    (root / "main.py").write_text(CLIENTS.lstrip())
    (root / "test_main.py").write_text(CLIENT_TESTS.lstrip())
    only = ("--only", "client-per-request", "--launches", "2", "--format", "json")
    (patch,) = home.run("tune", str(root), "--with-tests", "--apply", *only).report().patches
    assert patch.test is not None, patch.no_test
    assert (patch.test.metric, patch.test.before, patch.test.after) == ("clients", 2, 1)
    assert suite(root) == "2 passed"
    (root / "main.py").write_text(CLIENTS.lstrip())
    assert suite(root) == "1 failed, 1 passed"


WORDS = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/words")
async def words() -> list[str]:
    return [f"word number {number % 7}" for number in range(2000)]
"""
WORDS_TESTS = """
import pytest
from fastapi.testclient import TestClient
from main import app


@pytest.fixture
def client():
    return TestClient(app)


def test_words(client):
    assert len(client.get("/words").json()) == 2000
"""


def test_answers_may_not_grow_again(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "words"
    root.mkdir()
    (root / "main.py").write_text(WORDS.lstrip())
    (root / "test_main.py").write_text(WORDS_TESTS.lstrip())
    only = ("--only", "no-compression", "--decide", "no-compression=gzip", "--launches", "2")
    ended = home.run("tune", str(root), "--with-tests", "--apply", *only, "--format", "json")
    (patch,) = ended.report().patches
    assert patch.test is not None, patch.no_test
    assert (patch.test.metric, patch.test.name) == ("bytes", "test_main.py::test_words_bytes")
    assert patch.test.before > 20 * patch.test.after > 0
    assert f"assert sum(sent) <= {(patch.test.before + patch.test.after) // 2}" in patch.diff
    assert suite(root) == "2 passed"
    (root / "main.py").write_text(WORDS.lstrip())
    assert suite(root) == "1 failed, 1 passed"


def only_orders(root: Path, head: str) -> None:
    """Leave of the service's tests that of the orders alone, with another head."""
    file = root / "tests/test_shop.py"
    text = file.read_text()
    file.write_text(text[: text.index("def test_orders_at_once")].replace("def test_orders(client):", head))


def test_it_has_the_parameters_of_the_test_that_it_calls(home: Home, tmp_path: Path) -> None:
    root = lay(tmp_path / "shop")
    only_orders(root, "@pytest.mark.parametrize('n', [1, 2])\ndef test_orders(client, n):")
    ended = home.run("tune", str(root), "--with-tests", "--apply", *ONLY)
    (patch,) = ended.report().patches
    assert patch.test is not None, patch.no_test
    assert (patch.test.before, patch.test.after) == (31, 2)
    assert suite(root) == "4 passed"


def test_a_repair_that_no_test_can_be_written_for_is_kept_and_says_why(home: Home, tmp_path: Path) -> None:
    root = lay(tmp_path / "shop")
    only_orders(root, "def test_orders(client, n=30):")
    ended = home.run("tune", str(root), "--with-tests", *ONLY)
    (patch,) = ended.report().patches
    assert patch.test is None
    assert patch.no_test == "the test test_orders has arguments that are not fixtures alone"
    assert [change.path for change in patch.changes] == ["shop/main.py"]
