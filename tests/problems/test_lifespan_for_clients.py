"""`client-per-request` in a service without a lifespan: it gets one to close the client in, where nothing else starts or ends with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

CLIENT = "client-per-request"
HEAD = """\
import httpx
from fastapi import FastAPI

app = FastAPI(title="Rates")
"""
ROUTE = """

@app.get("/rates/{currency}")
async def rate(currency: str) -> str:
    async with httpx.AsyncClient(timeout=5) as client:
        answer = await client.get(f"https://rates.example/{currency}")
    return answer.text
"""
CLOSED = """
import httpx
from fastapi.testclient import TestClient
import main, %s as rates
transport = httpx.MockTransport(lambda request: httpx.Response(200, text="1"))
httpx.AsyncClient.__init__.__kwdefaults__["transport"] = transport
with TestClient(main.app) as client:
    assert client.get("/rates/EUR").text == '"1"'
    made = rates.shared_client()
    assert not made.is_closed
assert made.is_closed
"""


def run(root: Path, rates: str) -> None:
    subprocess.run([sys.executable, "-c", CLOSED % rates], cwd=root, check=True, timeout=60)


def test_in_one_file(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": HEAD + ROUTE})
    patched(root, CLIENT)
    text = (root / "main.py").read_text("utf-8")
    assert text.startswith(
        "from collections.abc import AsyncIterator\nfrom contextlib import asynccontextmanager\n"
        "from functools import lru_cache\n\nimport httpx\n"
    )
    assert (
        "@asynccontextmanager\nasync def lifespan(app: FastAPI) -> AsyncIterator[None]:\n    yield\n"
        "    await shared_client().aclose()\n    shared_client.cache_clear()\n\n\n"
        'app = FastAPI(title="Rates", lifespan=lifespan)\n'
    ) in text
    assert is_formatted(root, ["main.py"])
    run(root, "main")


def test_with_the_app_in_another_file(tmp_path: Path) -> None:
    files = {
        "main.py": 'from fastapi import FastAPI\n\nimport rates\n\napp = FastAPI(title="Rates")\napp.include_router(rates.router)\n',
        "rates.py": "import httpx\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n"
        + ROUTE.replace("app.get", "router.get"),
    }
    root = write(tmp_path, files)
    diff = patched(root, CLIENT)
    assert diff.count("\n+++ b/") == 2
    text = (root / "main.py").read_text("utf-8")
    assert "async def lifespan(app: FastAPI):\n    yield\n    await rates.shared_client().aclose()\n" in text
    assert is_formatted(root, ["main.py", "rates.py"])
    run(root, "rates")


def test_what_is_mounted_starts_with_nobody(tmp_path: Path) -> None:
    more = "\nfrom fastapi.staticfiles import StaticFiles\n\npages = StaticFiles(directory='.')\napp.mount('/pages', pages)\n"
    diff = patched(write(tmp_path, {"main.py": HEAD + ROUTE + more}), CLIENT)
    assert "lifespan=lifespan" in diff


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('\n\n@app.on_event("startup")\nasync def warm() -> None:\n    print(1)\n', "says `on_event`"),
        ("\nfrom strangers import router\n\napp.include_router(router)\n", "not the project's own"),
        ("\nimport strangers\n\nstrangers.attach(app)\n", "may add handlers of its own"),
        ("\nother = FastAPI()\n", "not one app"),
    ],
)
def test_where_something_may_start_or_end_with_the_app_it_gets_none(
    tmp_path: Path, more: str, words: str
) -> None:
    root = write(tmp_path, {"main.py": HEAD + ROUTE + more})
    why = reason(root, CLIENT)
    assert why.startswith("no lifespan was found in which a shared client could be closed: ")
    assert words in why
