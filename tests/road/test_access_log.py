"""Weights from the access log that uvicorn writes while the service is asked over loopback."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.service import MAIN, lay_on_file
from tests.road.serving import serving

pytestmark = pytest.mark.xdist_group("road-access-log")

FILES = """\


    @app.get("/customers/{customer_id}")
    def customer(customer_id: int, db: Session = Depends(session)) -> dict[str, Any]:
        found = db.get(Customer, customer_id)
        return {"name": found.name if found else None}


    @app.get("/files/{path:path}", include_in_schema=False)
    def file(path: str) -> str:
        return path
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop on a SQLite file with data, beside its code."""
    return lay_on_file(tmp_path / "service", {"shop/main.py": MAIN + FILES})


def ask(url: str) -> None:
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()


def test_routes_and_findings_by_what_is_asked_of_them(home: Home, root: Path, tmp_path: Path) -> None:
    log, requests = tmp_path / "uvicorn.log", tmp_path / "requests.jsonl"
    with serving(root, log, "--use-colors") as url:
        for number in range(1, 31):
            ask(f"{url}/customers/{number}?token=s3cret")
        for path in (
            "/orders",
            "/tags-described",
            "/files/a/b.txt",
            "/customers/x",
            "/wp-login.php",
            "/docs",
        ):
            ask(url + path)
    sent = ["/orders", "/orders", "/customers/1", "/files/c", "/orders-at-once"]
    requests.write_text("".join(json.dumps({"method": "GET", "path": path}) + "\n" for path in sent), "utf-8")

    (root / "pitstop.toml").write_text('access-log = "../uvicorn.log"\n', "utf-8")
    ended = home.run("measure", str(root), "--requests", str(requests), "--format", "json")
    assert ended.code == 1, ended.err
    assert "s3cret" not in ended.out
    told = ended.report().traffic
    assert told is not None
    assert {each.route: (each.requests, each.refused, each.called) for each in told.routes} == {
        "GET /customers/{customer_id}": (31, 1, True),
        "GET /orders": (1, 0, True),
        "GET /tags-described": (1, 0, False),
        "GET /files/{path:path}": (1, 0, True),
    }
    assert sum(each.share for each in told.routes) == pytest.approx(1)
    assert {each.shape: (each.requests, each.refused) for each in told.elsewhere} == {
        "GET /wp-login.php": (1, 1),
        "GET /docs": (1, 0),
    }
    assert (told.requests, told.prefix, told.files) == (36, "", ("uvicorn.log",))
    assert told.unread == told.lines - told.requests > 0
    assert ended.report().routes[-1].route == "GET /orders-at-once"

    log.write_text("nothing of the kind\n", "utf-8")
    for verb in ("measure", "tune"):
        refused = home.run(verb, str(root), "--requests", str(requests), "--access-log", str(log))
        assert refused.code == 2
        assert "known format" in refused.err
    missing = home.run("measure", str(root), "--access-log", str(tmp_path / "none.log"))
    assert (missing.code, "there is no file" in missing.err) == (2, True)
