import pytest

from tests.conftest import CSV


def test_expenses_are_imported(client):
    bad = (
        CSV + "2026-13-01;Never;1;EUR\n2026-05-01;Gold;1;XAU\n2026-05-02;Void;;EUR\n2026-05-02;Much;inf;EUR\n"
    )
    answer = client.post("/expenses/import", files={"file": ("bad.csv", ("\ufeff" + bad).encode())})
    assert answer.json()["imported"] == 6
    client.post("/expenses/import?strict=true", files={"file": ("bad.csv", bad.encode())})
    client.post("/expenses/import", files={"file": ("none.csv", b"day;what;amount\n")})
    client.post("/expenses/import", files={"file": ("odd.csv", b"day;what\n2026-01-01;x\n")})
    client.get("/expenses")


def test_expenses_are_listed(full):
    assert len(full.get("/expenses").json()) == 6
    full.get("/expenses?largest_first=true")
    full.get("/expenses?since=2026-02-28")
    full.get("/expenses?until=2026-03-31")
    full.get("/expenses?since=2026-03-31&until=2026-04-01")
    full.get("/expenses?since=soon")


def test_halves_of_a_cent_go_to_the_even_one(client):
    rows = "day;what;amount;currency\n2026-05-01;Bag;75;USD\n2026-05-02;Cup;4;EUR\n2026-05-03;Void;;EUR\n"
    client.post("/expenses/import", files={"file": ("halves.csv", rows.encode())})
    assert client.get("/expenses/export").text.splitlines()[1] == "01.05.2026;Bag;68.80"


def test_quarters(full):
    assert list(full.get("/expenses/quarters").json()) == ["2026-Q1", "2026-Q2", "2026-Q4"]


def test_nothing_is_exported(client):
    client.get("/expenses/export")
    client.get("/expenses/quarters")
    client.get("/feed")


def test_expenses_are_exported(full):
    assert full.get("/expenses/export").text.startswith("day;what;euro\r\n15.01.2026;Train;120.50\r\n")


@pytest.mark.parametrize(
    "query",
    [
        "amount=100&weights=1&weights=1&weights=1",
        "amount=0.05&weights=1&weights=2",
        "amount=7&weights=3",
        "amount=x&weights=1",
    ],
)
def test_splits(client, query):
    client.get(f"/split?{query}")
