"""`unbounded-cache`: decorators that get a bound, and results that must not be made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import patched, reason, write

NAME = "unbounded-cache"
MAIN = """\
import asyncio
{imported}

import httpx
from fastapi import FastAPI

app = FastAPI()


{decorator}
def kept(key: str){returns}:
    {body}


@app.get("/kept")
def route(key: str) -> str:
    return str(kept(key))
"""
LRU = "from functools import lru_cache"


def service(
    decorator: str, imported: str = "from functools import cache", returns: str = "", body: str = "return key"
) -> dict[str, str]:
    text = MAIN.replace("{decorator}", decorator).replace("{imported}", imported)
    return {"main.py": text.replace("{returns}", returns).replace("{body}", body)}


@pytest.mark.parametrize(
    ("decorator", "imported", "after", "left"),
    [
        ("@lru_cache(None)  # all", LRU, "@lru_cache(10_000)  # all", LRU),
        (
            "@lru_cache(typed=True, maxsize=None)",
            LRU,
            "@lru_cache(typed=True, maxsize=10_000)",
            LRU,
        ),
        ("@cache", "from functools import cache", "@lru_cache(maxsize=10_000)", LRU),
        ("@functools.cache", "import functools", "@functools.lru_cache(maxsize=10_000)", "import functools"),
        (
            "@functools.lru_cache(maxsize=None)",
            "import functools",
            "@functools.lru_cache(maxsize=10_000)",
            "import functools",
        ),
    ],
)
def test_a_bound(decorator: str, imported: str, after: str, left: str, tmp_path: Path) -> None:
    root = write(tmp_path, service(decorator, imported))
    patched(root, NAME)
    assert (root / "main.py").read_text("utf-8") == service(after, left)["main.py"]


@pytest.mark.parametrize(
    ("returns", "body"),
    [
        ("", "return asyncio.Lock()"),
        (" -> httpx.Client", "return httpx.Client(base_url=key)"),
        ("", "return asyncio.Semaphore(len(key))"),
    ],
)
def test_what_is_shared_as_one_object_is_left(returns: str, body: str, tmp_path: Path) -> None:
    root = write(tmp_path, service("@cache", returns=returns, body=body))
    assert "is shared by being the same object" in reason(root, NAME)


def test_dictionaries_are_left(tmp_path: Path) -> None:
    main = """\
from fastapi import FastAPI

app = FastAPI()
CACHE: dict[str, int] = {}


@app.get("/sizes")
def sizes(key: str) -> int:
    if key not in CACHE:
        CACHE[key] = len(key)
    return CACHE[key]
"""
    assert reason(write(tmp_path, {"main.py": main}), NAME) == "a dictionary forgets nothing by itself"
