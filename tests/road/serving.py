"""A service of a test under uvicorn, as a person runs it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.road.command import wait_for


@contextlib.contextmanager
def serving(root: Path, log: Path, *options: str) -> Iterator[str]:
    """`shop.main:app` in `root` under uvicorn, all that it prints in a file; gives where it answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    with log.open("wb") as file:
        command = [sys.executable, "-m", "uvicorn", "shop.main:app", "--port", str(port), *options]
        process = subprocess.Popen(command, cwd=root, stdout=file, stderr=file)
    try:
        assert wait_for(lambda: b"Uvicorn running" in log.read_bytes(), 60), log.read_text("utf-8")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
