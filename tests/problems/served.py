"""A small service in one file, loaded as it stands and asked: before a repair and after."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi.testclient import TestClient


def load(root: Path) -> SimpleNamespace:
    """The module `main.py` of a folder, loaded anew."""
    made: dict[str, Any] = {"__name__": "main"}
    exec(compile((root / "main.py").read_text(), "main.py", "exec", dont_inherit=True), made)
    return SimpleNamespace(**made)


def client(root: Path) -> tuple[TestClient, SimpleNamespace]:
    """A client of the service in a folder, which gets status 500 for what it raises, and its module."""
    module = load(root)
    return TestClient(module.app, raise_server_exceptions=False), module
