"""Small real services, written to a folder for one test."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

PYTHON = Path(sys.executable)

APP = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{number}")
def read_item(number: int) -> dict[str, int]:
    return {"number": number}
"""

TEST = """
from fastapi.testclient import TestClient

from app.main import app

client = TestClient(app)


def test_item():
    assert client.get("/items/3").json() == {"number": 3}


def test_no_number():
    assert client.get("/items/x").status_code == 422
"""

SERVICE = {"app/__init__.py": "", "app/main.py": APP, "tests/test_items.py": TEST}


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below `root`, which is returned; text loses its common indentation."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(dedent(content).lstrip("\n"), "utf-8")
    return root


def snapshot(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, modification time and content of all files below `root`."""
    return {
        path.relative_to(root).as_posix(): (seen.st_mode, seen.st_mtime_ns, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
        for seen in [path.stat()]
    }
