from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.main import app
from billing.models import Account, Base, Member, Tenant, Transfer, engine


def key(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


OWNER, EDITOR, VIEWER, OTHER = (key(each) for each in ("k-owner", "k-editor", "k-viewer", "k-other"))


@pytest.fixture(scope="session")
def tables() -> Iterator[None]:
    Base.metadata.create_all(engine)
    yield
    engine.dispose()


@pytest.fixture
def client(tables) -> Iterator[TestClient]:
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with Session(engine) as db:
        db.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        db.add_all([Tenant(name="One", plan="team"), Tenant(name="Two")])
        db.flush()
        db.add_all(
            [
                Member(tenant_id=1, email="olga@one.example", role="owner", key="k-owner"),
                Member(tenant_id=1, email="eva@one.example", role="editor", key="k-editor"),
                Member(tenant_id=1, email="vito@one.example", role="viewer", key="k-viewer"),
                Member(tenant_id=2, email="otto@two.example", role="owner", key="k-other"),
            ]
        )
        db.add_all(
            [
                Account(tenant_id=1, name="main", balance=Decimal("1000.00")),
                Account(tenant_id=1, name="savings", balance=Decimal("250.50")),
                Account(tenant_id=1, name="empty"),
                Account(tenant_id=1, name="old", closed=True),
                Account(tenant_id=2, name="main", balance=Decimal("77.77")),
            ]
        )
        db.commit()
    with TestClient(app) as client:
        client.headers.update(EDITOR)
        yield client


def bill(client: TestClient, customer: str, *prices: str, headers=EDITOR, **more):
    items = [{"what": f"item {number}", "price": price} for number, price in enumerate(prices, 1)]
    return client.post("/invoices", json={"customer": customer, "items": items, **more}, headers=headers)


@pytest.fixture
def busy(client) -> TestClient:
    """The service with invoices and transfers."""
    bill(client, "Acme", "100", "19.995", tags=["new", "big", "new"])
    bill(client, "Bolt", "50", days=0)
    bill(client, "acme Ltd", "70.10", days=60, discount="10")
    bill(client, "Bolt", "33.333", days=10, tags=["big"])
    bill(client, "Else", "5", headers=OTHER)
    client.post("/invoices/2/pay")
    with Session(engine) as db:
        for number, (source, target) in enumerate(((1, 2), (2, 1), (1, 3)), 1):
            at = datetime(2026, 3, 28 + number // 2, 23 if number % 2 else 11, 30, tzinfo=UTC)
            db.add(Transfer(tenant_id=1, source_id=source, target_id=target, amount=Decimal(number), at=at))
        db.commit()
    return client
