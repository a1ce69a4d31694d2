"""A small service with a finding whose repair pitstop declines, and what a model may answer to it."""

from __future__ import annotations

from pathlib import Path

from tests.road.service import write

MAIN = """\
    from collections.abc import Iterator

    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import Session

    from tables import Customer, Order, engine

    app = FastAPI()
    API_KEY = "hunter2-of-the-shop"


    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened


    @app.get("/orders")
    def orders(db: Session = Depends(session)) -> list[dict[str, str]]:
        found = []
        for order in db.query(Order).order_by(Order.id).all():
            customer = db.query(Customer).filter(Customer.id == order.customer_id).one()
            found.append({"customer": customer.name})
        return found
"""
TEST = """\
    import pytest
    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    from main import app
    from tables import Base, Customer, Order, engine

    client = TestClient(app)


    @pytest.fixture(autouse=True)
    def rows():
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with Session(engine) as db:
            db.add_all(Customer(id=n, name=f"customer {n}") for n in range(1, 31))
            db.add_all(Order(id=n, customer_id=n, total=n) for n in range(1, 31))
            db.commit()


    def test_orders():
        assert len(client.get("/orders").json()) == 30
"""
BLOCK = """FILE: main.py
<<<<<<< OLD
    for order in db.query(Order).order_by(Order.id).all():
        customer = db.query(Customer).filter(Customer.id == order.customer_id).one()
        found.append({"customer": customer.name})
=======
    customers = {customer.id: customer for customer in db.query(Customer).all()}
    for order in db.query(Order).order_by(Order.id).all():
        found.append({"customer": %s})
>>>>>>> NEW
"""
RIGHT = (
    "TITLE: Load the customers of all orders at once\nRISK: All customers are loaded.\n"
    + BLOCK % "customers[order.customer_id].name"
)
WRONG = (
    "TITLE: Load the customers of all orders at once\n" + BLOCK % "customers[order.customer_id].name.upper()"
)


def lay_asking(root: Path) -> Path:
    """Write it to a folder, which is returned."""
    from tests.road.service import TABLES

    return write(
        root,
        {
            "main.py": MAIN,
            "tables.py": TABLES,
            "test_main.py": TEST,
            ".env": "MAIL_PASSWORD=from-the-env-file-1\n",
        },
    )
