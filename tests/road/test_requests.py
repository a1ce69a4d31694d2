"""Requests as a workload: recorded from the tests, and sent again without them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pitstop.verdicts import Proved
from tests.road.command import Home, snapshot
from tests.road.service import MAIN, lay_on_file

pytestmark = pytest.mark.xdist_group("road-requests")

TESTS = """\
    from fastapi.testclient import TestClient
    from shop.main import app


    def test_orders():
        with TestClient(app) as client:
            assert len(client.get("/orders").json()) == 30
            assert client.post("/orders", json={"total": 5}).json() == {"id": 31}
            assert client.get("/orders-at-once", headers={"x-page": "1"}).is_success
"""
POST = """\


    class NewOrder(BaseModel):
        total: int


    @app.post("/orders")
    def order(given: NewOrder, db: Session = Depends(session)) -> dict[str, int]:
        made = Order(customer_id=1, total=given.total)
        db.add(made)
        db.commit()
        return {"id": made.id}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop on a SQLite file with data, beside its code."""
    return lay_on_file(tmp_path / "service", {"shop/main.py": MAIN + POST, "tests/test_shop.py": TESTS})


def test_recorded_sent_again_and_tuned_by(home: Home, root: Path, tmp_path: Path) -> None:
    before = snapshot(root)
    file = tmp_path / "requests.jsonl"
    recorded = home.run("measure", str(root), "--record", str(file), "--format", "json")
    assert recorded.code == 1, recorded.err
    sent = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(each["method"], each["path"]) for each in sent] == [
        ("GET", "/orders"),
        ("POST", "/orders"),
        ("GET", "/orders-at-once"),
    ]
    assert ["x-page", "1"] in sent[2]["headers"]

    replayed = home.run("measure", str(root), "--requests", str(file), "--format", "json")
    assert replayed.code == 1, replayed.err
    figures = {
        r.route: (r.requests, r.errors, r.statements, r.rows, r.bytes) for r in recorded.report().routes
    }
    assert {
        r.route: (r.requests, r.errors, r.statements, r.rows, r.bytes) for r in replayed.report().routes
    } == figures

    for path in (root / "tests").iterdir():
        path.unlink()
    (root / "tests").rmdir()
    tuned = home.run(
        "tune", str(root), "--requests", str(file), "--only", "n-plus-one-loop", "--launches", "2",
        "--format", "json",
    )  # fmt: skip
    (verdict,) = tuned.report().verdicts
    assert isinstance(verdict, Proved), verdict
    (orders,) = [route for route in verdict.routes if route.route == "GET /orders"]
    assert (orders.compared, orders.equal) == (1, 1)
    (statements,) = [change for change in orders.changes if change.metric == "statements"]
    assert (statements.before, statements.after) == (31, 2)
    after = snapshot(root)
    assert after["shop.db"] == before["shop.db"]
    assert {k: v for k, v in before.items() if k.startswith("shop")} == {
        k: v for k, v in after.items() if k.startswith("shop")
    }
