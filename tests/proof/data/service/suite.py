"""The service's own tests. They look at little, as tests do: the proof has to see the rest."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from main import (  # type: ignore[import-not-found]  # laid beside this file by the tests of the proof
    Base,
    Customer,
    Order,
    app,
    engine,
)
from sqlalchemy.orm import Session


@pytest.fixture
def client() -> Iterator[TestClient]:
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        for number in range(1, 31):
            db.add(Customer(id=number, name=f"customer {number}"))
            db.add(Order(id=number, customer_id=number, total=number * 10))
        db.commit()
    with TestClient(app) as opened:
        yield opened


def test_orders(client: TestClient) -> None:
    assert client.get("/orders").status_code == 200


def test_new_order(client: TestClient) -> None:
    assert client.get("/orders/30").is_success
    assert client.post("/orders", json={"customer_id": 1, "total": 5}).is_success
    assert client.post("/orders", json={"customer_id": 99, "total": 5}).status_code == 404
    assert client.get("/orders/31").is_success


def test_order(client: TestClient) -> None:
    assert client.get("/orders/3").status_code == 200
    assert client.get("/orders/4").is_success
    assert client.get("/orders/400").status_code == 404


def test_report(client: TestClient) -> None:
    assert client.get("/report").json()["made"] == "report"


def test_tags(client: TestClient) -> None:
    assert len(client.get("/tags").json()) == 300


def test_mood(client: TestClient) -> None:
    assert client.get("/mood").json()["mood"]


def test_divide(client: TestClient) -> None:
    assert client.get("/divide?by=5").is_success
    assert client.get("/divide?by=0").is_error
