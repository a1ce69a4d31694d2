from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app import ROWS, app


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def test_what_is_computed(client: TestClient) -> None:
    assert client.get("/computed").json() == {"found": sum(n * n % 7 for n in range(300))}


def test_what_is_scanned(client: TestClient) -> None:
    expected = sum((n % 11) * (n % 7) for n in range(1, ROWS // 2))
    assert client.get("/scanned").json() == {"total": expected}
