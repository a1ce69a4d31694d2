from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from archive.main import app

ANN = {"X-Token": "t-ann"}
BEN = {"X-Token": "t-ben"}
CSV = """day;what;amount;currency
2026-01-15;Train; 120,50;
2026-02-28;Hotel Zürich;210.335;chf
2026-03-31;Lunch;18.125;USD
2026-04-01;Books;64;EUR
2026-04-01;Apples;3,995;EUR
2026-12-31;Tea;1234.5;JPY
"""


@pytest.fixture
def client(tmp_path, monkeypatch) -> Iterator[TestClient]:
    monkeypatch.setenv("ARCHIVE_FOLDER", str(tmp_path))
    with TestClient(app) as client:
        yield client


def put(client: TestClient, name: str, content: bytes, headers=ANN, **form: str):
    return client.post("/files", files={"file": (name, content)}, data=form, headers=headers)


@pytest.fixture
def full(client) -> TestClient:
    """The service with files and expenses."""
    put(client, "notes.txt", b"first line\nsecond line  \n\nfourth line, a long one\n")
    put(client, "a b.csv", b"x;y\n1;2\n")
    put(client, "image.bin", b"\x89PNG\r\n\x1a\n" + bytes(range(40)), headers=BEN)
    client.post("/expenses/import", files={"file": ("x.csv", CSV.encode())})
    return client
