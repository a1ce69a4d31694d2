"""A service without a single test: requests are made from its own document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pitstop.verdicts import Proved
from tests.road.command import Home, snapshot
from tests.road.service import MAIN, lay_on_file

pytestmark = pytest.mark.xdist_group("road-generate")

POST = """\


    class NewOrder(BaseModel):
        total: int


    @app.post("/orders")
    def order(given: NewOrder, db: Session = Depends(session)) -> dict[str, int]:
        made = Order(customer_id=1, total=min(given.total, 1000))
        db.add(made)
        db.commit()
        return {"id": made.id}


    @app.get("/secret", responses={403: {}})
    def secret() -> None:
        from fastapi import HTTPException

        raise HTTPException(403)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop on a SQLite file with data, beside its code, and no tests."""
    return lay_on_file(tmp_path / "service", {"shop/main.py": MAIN + POST})


def test_without_tests_the_hint_is_to_make_requests(home: Home, root: Path) -> None:
    run = home.run("measure", str(root))
    assert run.code == 3
    assert "`--generate`" in run.err


def test_generated_requests_are_measured_and_served(home: Home, root: Path, tmp_path: Path) -> None:
    before = snapshot(root)
    made = tmp_path / "made.jsonl"
    report = home.run(
        "measure", str(root), "--generate", "--cases", "3", "--rate", "40", "--seconds", "0.5",
        "--record", str(made), "--format", "json",
    ).report()  # fmt: skip
    routes = {route.route: route for route in report.routes}
    assert routes["GET /orders"].statements > 30
    assert routes["POST /orders"].requests >= 3
    assert report.route_coverage is not None
    assert report.route_coverage.uncalled == ()
    assert report.route_coverage.refused == ("GET /secret",)
    assert [each.kind for each in report.served] == ["in order", "at a rate"]
    assert report.served[1].requests == 20
    assert {finding.problem for finding in report.findings} >= {"n-plus-one-loop"}
    assert made.read_text().count("\n") == sum(route.requests for route in report.routes)
    assert snapshot(root) == before


ONE = (
    POST
    + """\


    @app.get("/orders/{order_id}")
    def one(order_id: int, db: Session = Depends(session)) -> int:
        from fastapi import HTTPException

        found = db.get(Order, order_id)
        if found is None:
            raise HTTPException(404)
        return found.total
"""
)


@pytest.mark.parametrize("more", [("--database", "sqlite:///shop.db"), ("--rows", "100")])
def test_requests_ask_for_rows_that_are_there(home: Home, tmp_path: Path, more: tuple[str, str]) -> None:
    root = lay_on_file(tmp_path / "service", {"shop/main.py": MAIN + ONE})
    made = tmp_path / "made.jsonl"
    report = home.run(
        "measure", str(root), "--generate", "--cases", "3", "--record", str(made), *more, "--format", "json"
    ).report()
    assert report.route_coverage is not None
    assert "GET /orders/{order_id}" not in report.route_coverage.refused
    asked = re.findall(r'"path":"/orders/([^"?]+)"', made.read_text())
    assert len(asked) >= 3
    assert set(asked[:3]) <= {"1", "2", "3", "4", "5", "6"}


def test_repairs_are_proved_by_generated_requests(home: Home, root: Path) -> None:
    before = snapshot(root)
    report = home.run(
        "tune", str(root), "--generate", "--cases", "3", "--only", "n-plus-one-loop", "--launches", "2",
        "--format", "json",
    ).report()  # fmt: skip
    (verdict,) = report.verdicts
    assert isinstance(verdict, Proved)
    assert verdict.problem == "n-plus-one-loop"
    assert snapshot(root) == before
