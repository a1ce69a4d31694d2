"""One database a run: a SQLite file of its own, or the PostgreSQL one that SHOP_DATABASE_URL names, emptied first."""

import os
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from shop.database import make_sync_engine
from shop.main import app
from shop.models import Base
from shop.security import create_token
from shop.seed import fill
from shop.settings import Settings, get_settings

ROWS = 72_000


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("shop")
    url = os.environ.get("SHOP_DATABASE_URL", "")
    if not url.startswith("postgres"):
        url = f"sqlite:///{folder}/shop.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_DATABASE_URL", url)
        patch.setenv("SHOP_UPLOAD_DIR", str(folder / "uploads"))
        patch.setenv("SHOP_SECRET", "a-secret-for-tests-of-sufficient-length")
        patch.delenv("SHOP_RATES_URL", raising=False)
        get_settings.cache_clear()
        yield get_settings()
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[None]:
    engine = make_sync_engine(settings.sync_database_url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    fill(engine, ROWS)
    engine.dispose()
    yield


@pytest.fixture(scope="session")
def client(database: None) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def db(database: None, settings: Settings) -> Iterator[Session]:
    engine = make_sync_engine(settings.sync_database_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


def bearer(user_id: int, settings: Settings) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(user_id, settings.secret, days=3650)}"}


@pytest.fixture(scope="session")
def admin(settings: Settings) -> dict[str, str]:
    return bearer(1, settings)


@pytest.fixture(scope="session")
def customer(settings: Settings) -> dict[str, str]:
    """A user with many orders, whom no test changes."""
    return bearer(2, settings)


class Member:
    def __init__(self, client: TestClient, name: str, settings: Settings) -> None:
        self.email = f"{name}@example.org"
        self.password = "a long password"
        answer = client.post(
            "/auth/register", json={"email": self.email, "full_name": "Mia Member", "password": self.password}
        )
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]
        self.headers = bearer(self.id, settings)


@pytest.fixture
def member(client: TestClient, settings: Settings, request: pytest.FixtureRequest) -> Member:
    """A new user for this test alone."""
    return Member(client, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()), settings)


@pytest.fixture
def address_id(client: TestClient, member: Member) -> int:
    answer = client.post(
        "/users/me/addresses",
        json={"line1": "Street 1", "city": "Berlin", "postcode": "10115", "country": "DE"},
        headers=member.headers,
    )
    assert answer.status_code == 201
    return answer.json()["id"]


@pytest.fixture
def order_id(client: TestClient, member: Member, address_id: int) -> int:
    lines = [{"product_id": 101, "quantity": 2}, {"product_id": 102, "quantity": 1}]
    answer = client.post("/orders", json={"address_id": address_id, "lines": lines}, headers=member.headers)
    assert answer.status_code == 201
    return answer.json()["id"]
