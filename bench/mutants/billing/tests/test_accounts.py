from tests.conftest import OTHER, OWNER, VIEWER


def test_accounts_are_listed(client):
    assert [each["name"] for each in client.get("/accounts").json()] == ["main", "savings", "empty"]
    client.get("/accounts?closed=true")
    client.get("/accounts", headers=OTHER)


def test_accounts_are_opened(client):
    answer = client.post("/accounts", json={"name": "trips", "balance": "12.5"})
    assert answer.json() == {"id": 6, "balance": "12.50"}
    assert client.post("/accounts", json={"name": "trips"}).status_code == 409
    client.post("/accounts", json={"name": ""})
    assert client.post("/accounts", json={"name": "x"}, headers=VIEWER).status_code == 403
    for number in range(3):
        client.post("/accounts", json={"name": f"{number}"}, headers=OTHER)
    client.get("/accounts")


def test_accounts_are_closed(client):
    assert client.delete("/accounts/3", headers=OWNER).json() == {"closed": True}
    client.delete("/accounts/3", headers=OWNER)
    client.delete("/accounts/1", headers=OWNER)
    client.delete("/accounts/5", headers=OWNER)
    client.delete("/accounts/2")
    client.get("/accounts?closed=true")


def move(client, source, target, amount, headers=None, **more):
    wanted = {"source": source, "target": target, "amount": amount, **more}
    return client.post("/transfers", json=wanted, headers=headers)


def test_money_is_moved(client):
    assert move(client, 1, 2, "100.25").json()["left"] == "899.75"
    move(client, 2, 3, "350.75", reference="r1")
    move(client, 3, 1, "0.01", reference="r1")
    client.get("/accounts")
    client.get("/transfers")
    client.get("/transfers?account=2")


def test_money_that_is_not_there(client):
    assert move(client, 2, 1, "250.51").json()["detail"]["missing"] == "0.01"
    move(client, 2, 1, "250.50")
    move(client, 1, 1, "1")
    move(client, 1, 5, "1")
    move(client, 5, 1, "1")
    move(client, 1, 4, "1")
    move(client, 1, 2, "0")
    move(client, 1, 2, "1.001")
    move(client, 1, 2, "1", headers=VIEWER)
    client.get("/accounts")
    client.get("/accounts", headers=OTHER)


def test_transfers_have_pages(busy):
    page = busy.get("/transfers").json()
    assert page["before"] == 2
    busy.get("/transfers?before=2")
    busy.get("/transfers?limit=3")
    busy.get("/transfers?account=1&limit=5")
    busy.get("/transfers?account=3&limit=1")
    busy.get("/transfers", headers=OTHER)


def test_interest(client):
    assert client.post("/interest", headers=OWNER).json()["paid"] == "5.34"
    client.post("/interest", headers=OWNER)
    client.post("/interest")
    client.get("/accounts?closed=true")


def test_days(busy):
    assert list(busy.get("/reports/days").json()) == ["2026-03-28", "2026-03-29"]
    busy.get("/reports/days?zone=CET")
    busy.get("/reports/days?zone=HST")
    busy.get("/reports/days?zone=NZST")
    busy.get("/reports/days?zone=MEZ")
