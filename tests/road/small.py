"""The smallest service with a problem: one route, one test."""

from __future__ import annotations

from pathlib import Path

from tests.road.service import write

MAIN = """\
    import time

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/slow")
    async def slow() -> dict[str, int]:
        time.sleep(0.03)
        return {"slow": 1}
"""
TEST = """\
    from fastapi.testclient import TestClient
    from main import app

    client = TestClient(app)


    def test_slow():
        assert client.get("/slow").json() == {"slow": 1}
"""
FOUND = "blocking-call-in-async"
"""What is wrong with it."""


def lay_small(root: Path) -> Path:
    """Write it to a folder, which is returned."""
    return write(root, {"main.py": MAIN, "test_main.py": TEST})
