"""`pitstop measure --memory` on a real service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.service import write

pytestmark = pytest.mark.xdist_group("road-memory")

MAIN = """\
    from fastapi import FastAPI, Response

    app = FastAPI()


    @app.get("/export")
    def export() -> Response:
        body = b"x" * (4 << 20)
        return Response(body)
"""
TEST = """\
    from fastapi.testclient import TestClient
    from main import app


    def test_export():
        assert len(TestClient(app).get("/export").content) == 4 << 20
"""


def test_what_a_route_allocates_and_where(home: Home, tmp_path: Path) -> None:
    root = write(tmp_path / "service", {"main.py": MAIN, "test_main.py": TEST})
    report = home.run("measure", str(root), "--memory", "--format", "json").report()
    assert report.memory is not None
    (export,) = report.memory
    assert (export.route, export.requests, export.alone) == ("GET /export", 1, 1)
    assert (export.path, export.line) == ("main.py", 8)
    assert export.peak_bytes >= 4 << 20
    assert report.run == ""
    ended = home.run("measure", str(root), "--compare", "last")
    assert "no run of this tree is kept yet" in ended.err
