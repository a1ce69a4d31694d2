from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from orders.main import app
from orders.models import Base, Customer, Product, engine

STAFF = {"X-API-Key": "key-ann"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The service with a few products and customers of its own."""
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add_all(
            [
                Product(
                    sku="BOLT-1", name="bolt", category="tools", price_cents=25, weight_kg=0.1, stock=500
                ),
                Product(sku="SAW-7", name="Saw", category="tools", price_cents=2_345, weight_kg=1.2, stock=4),
                Product(
                    sku="BOOK-A", name="Atlas", category="books", price_cents=1_999, weight_kg=0.9, stock=30
                ),
                Product(
                    sku="BOOK-B", name="Birds", category="books", price_cents=999, weight_kg=0.35, stock=30
                ),
                Product(
                    sku="LAMP", name="Lamp", price_cents=4_550, weight_kg=2.25, stock=3, description="warm"
                ),
                Product(sku="ROPE", name="Rope", price_cents=999, weight_kg=0.75, stock=9),
                Product(sku="OLD", name="Old saw", price_cents=1, stock=1, discontinued=True),
            ]
        )
        db.add_all(
            [
                Customer(name="Mia", email="mia@example.org", tier="gold"),
                Customer(name="Ben", email="ben@example.org", credit_cents=5_000),
                Customer(name="Cleo", email="cleo@example.org", tier="silver"),
            ]
        )
        db.commit()
    with TestClient(app) as client:
        yield client
    Base.metadata.drop_all(engine)


def buy(client: TestClient, customer: int, *lines: tuple[int, int], note: str | None = None):
    wanted = [{"product_id": product, "quantity": quantity} for product, quantity in lines]
    return client.post("/orders", json={"customer_id": customer, "lines": wanted, "note": note})


@pytest.fixture
def busy(client: TestClient) -> TestClient:
    """The service with orders."""
    for customer, lines in (
        (1, [(1, 10), (2, 1)]),
        (2, [(4, 2)]),
        (1, [(3, 3), (5, 2)]),
        (3, [(6, 1), (1, 7)]),
        (1, [(6, 1)]),
        (3, [(4, 1)]),
        (1, [(4, 1)]),
    ):
        buy(client, customer, *lines)
    client.post("/orders/1/ship", headers=STAFF)
    client.post("/orders/5/cancel")
    return client
