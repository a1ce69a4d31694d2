"""Several workloads in one run: the tests, recordings and generated requests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.road.command import Home, snapshot
from tests.road.service import MAIN, lay_on_file

pytestmark = pytest.mark.xdist_group("road-several")

MORE = """\


    class NewOrder(BaseModel):
        total: int


    @app.post("/orders")
    def order(given: NewOrder, db: Session = Depends(session)) -> dict[str, int]:
        made = Order(customer_id=1, total=given.total)
        db.add(made)
        db.commit()
        return {"id": made.id}


    @app.get("/orders/{order_id}")
    def one(order_id: int, db: Session = Depends(session)) -> dict[str, int]:
        found = db.get(Order, order_id)
        if found is None:
            raise KeyError(order_id)
        return {"total": found.total}
"""
TESTS = """\
    from fastapi.testclient import TestClient
    from shop.main import app


    def test_order():
        with TestClient(app) as client:
            assert client.post("/orders", json={"total": 5}).json() == {"id": 31}
            assert client.get("/orders-at-once").is_success
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop on a SQLite file with data, beside its code."""
    return lay_on_file(tmp_path / "service", {"shop/main.py": MAIN + MORE, "tests/test_shop.py": TESTS})


def recording(path: Path, *requests: tuple[str, str, object]) -> Path:
    """A file of requests."""
    path.parent.mkdir(exist_ok=True)
    import base64

    lines = [
        {
            "method": method,
            "path": where,
            "headers": [["content-type", "application/json"]],
            "body": base64.b64encode(json.dumps(body).encode()).decode() if body is not None else "",
        }
        for method, where, body in requests
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_each_begins_with_the_same_data_and_all_make_one_run(home: Home, root: Path, tmp_path: Path) -> None:
    before = snapshot(root)
    one = recording(
        tmp_path / "a" / "calls.jsonl",
        ("POST", "/orders", {"total": 7}),
        ("GET", "/orders/31", None),
        ("GET", "/tags", None),
    )
    other = recording(
        tmp_path / "b" / "calls.jsonl",
        ("POST", "/orders", {"total": 8}),
        ("GET", "/orders/31", None),
        ("GET", "/orders", None),
        ("GET", "/orders/99", None),
    )
    out = tmp_path / "all.jsonl"
    ended = home.run(
        "measure", str(root), "--tests", str(root / "tests"), "--requests", str(one), "--requests", str(other),
        "--record", str(out), "--format", "json",
    )  # fmt: skip
    assert ended.code == 1, ended.err
    report = ended.report()
    told = [
        (each.name, each.kind, each.requests, each.errors, each.routes, each.alone)
        for each in report.workloads
    ]
    assert told == [
        ("tests", "tests", 2, 0, 2, ("GET /orders-at-once",)),
        ("calls.jsonl", "recorded", 3, 0, 3, ("GET /tags",)),
        ("calls.jsonl (2)", "recorded", 4, 1, 3, ("GET /orders",)),
    ]
    figures = {each.route: (each.requests, each.errors) for each in report.routes}
    assert figures == {
        "POST /orders": (3, 0),
        "GET /orders/{order_id}": (3, 1),
        "GET /orders": (1, 0),
        "GET /orders-at-once": (1, 0),
        "GET /tags": (1, 0),
    }
    # each of the three has made the order 31 anew
    assert [each.rows for each in report.routes if each.route == "GET /orders"] == [1 * 31 + 31]
    (n_plus_one,) = [each for each in report.findings if each.problem == "n-plus-one-loop"]
    assert any(getattr(each, "route", "") == "GET /orders" for each in n_plus_one.evidence)
    # of several a request answered 500 is no finding: nobody made it to fit the schema
    assert not [
        each
        for each in report.findings
        if each.problem == "expected-failure-becomes-500" and each.confidence == "certain"
    ]
    assert len(out.read_text("utf-8").splitlines()) == 9
    assert {
        name: state for name, state in snapshot(root).items() if not name.startswith("tests/__pycache__")
    } == before


def test_what_is_lacking_in_one_of_them_is_said_with_its_name(home: Home, root: Path, tmp_path: Path) -> None:
    bad = recording(tmp_path / "bad.jsonl", ("GET", "/orders/98", None), ("GET", "/orders/99", None))
    half = recording(tmp_path / "half.jsonl", ("GET", "/orders/98", None), ("GET", "/orders/1", None))
    fine = recording(tmp_path / "fine.jsonl", ("GET", "/tags", None))
    files = [argument for file in (bad, half, fine) for argument in ("--requests", str(file))]
    ended = home.run("measure", str(root), *files)
    said = " ".join(ended.out.split())
    assert ended.code == 1, ended.err
    assert "bad.jsonl: every request ended in an error of the service, 2 in builtins.KeyError" in said
    assert "half.jsonl: requests: 1 of 2 ended in an error of the service" in said
    assert "GET /tags" in said
    assert "Workloads; each began with the same data" in ended.out


def test_generated_requests_beside_a_recording(home: Home, root: Path, tmp_path: Path) -> None:
    file = recording(tmp_path / "calls.jsonl", ("GET", "/orders/99", None), ("GET", "/orders-at-once", None))
    ended = home.run(
        "measure", str(root), "--generate", "--cases", "2", "--requests", str(file), "--serve", "--format", "json"
    )  # fmt: skip
    assert ended.code == 1, ended.err
    report = ended.report()
    generated, recorded = report.workloads
    assert (generated.kind, recorded.kind, recorded.requests) == ("generated", "recorded", 2)
    assert generated.requests > 5
    assert [(each.workload, each.requests) for each in report.served] == [
        ("generated", generated.requests),
        ("calls.jsonl", 2),
    ]
    assert sum(each.requests for each in report.routes) == generated.requests + 2
    (failure,) = [each for each in report.findings if each.problem == "expected-failure-becomes-500"]
    assert "99" not in str([each.text for each in failure.evidence])


def test_what_grows_is_told_of_the_requests_of_all(home: Home, root: Path, tmp_path: Path) -> None:
    one = recording(tmp_path / "one.jsonl", ("GET", "/orders", None))
    two = recording(tmp_path / "two.jsonl", ("GET", "/orders", None), ("GET", "/tags", None))
    report = home.run(
        "measure", str(root), "--requests", str(one), "--requests", str(two), "--rows", "200", "--format", "json"
    ).report()  # fmt: skip
    assert [(each.name, each.requests) for each in report.workloads] == [("one.jsonl", 1), ("two.jsonl", 2)]
    assert report.growth is not None
    small, large = (
        {each.route: each for each in those} for those in (report.growth.routes, report.growth.larger)
    )
    assert {name: each.requests for name, each in small.items()} == {"GET /orders": 2, "GET /tags": 1}
    assert large["GET /orders"].statements > 3 * small["GET /orders"].statements
