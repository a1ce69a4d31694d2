from tests.conftest import OTHER, OWNER, VIEWER, bill


def test_an_invoice_is_made(client):
    answer = bill(client, " Acme ", "10.005", "0.01", tags=["b", "a"])
    assert answer.json()["total"] == "10.02"
    bill(client, "Bolt", "10", discount="10.50")
    bill(client, "Bolt", "10", discount="0")
    bill(client, "Else", "3", headers=OTHER)
    bill(client, "None")
    bill(client, "None", "1", headers=VIEWER)
    bill(client, "Half", "10.125")
    client.get("/invoices/1")
    client.get("/invoices/4")
    client.get("/invoices/4", headers=OTHER)


def test_invoices_are_listed(busy):
    answer = busy.get("/invoices")
    assert answer.headers["x-pages"] == "2"
    busy.get("/invoices?page=2")
    busy.get("/invoices?page=3")
    busy.get("/invoices?size=4")
    busy.get("/invoices?size=3&page=2")
    busy.get("/invoices?status=paid")
    busy.get("/invoices?tag=big")
    busy.get("/invoices?search=ACME")
    busy.get("/invoices?search=%25")
    busy.get("/invoices?size=20", headers=OTHER)


def test_invoices_are_changed(busy):
    assert busy.patch("/invoices/1", json={"discount": "20"}).json()["total"] == "100.00"
    busy.patch("/invoices/3", json={"discount": None, "tags": ["z", "a"]})
    busy.patch("/invoices/1", json={"customer": "Acme Inc"})
    busy.patch("/invoices/1", json={})
    busy.patch("/invoices/2", json={"customer": "x"})
    busy.patch("/invoices/5", json={"customer": "x"})
    assert busy.patch("/invoices/1", json={}, headers=VIEWER).status_code == 403
    busy.get("/invoices/3")


def test_invoices_are_paid(busy):
    assert busy.post("/invoices/1/pay?account=2").json()["status"] == "paid"
    busy.post("/invoices/1/pay?account=2")
    busy.post("/invoices/3/pay?account=5")
    busy.post("/invoices/3/pay?account=99")
    busy.get("/invoices/3")
    busy.post("/invoices/4/pay")
    busy.post("/invoices/5/pay")
    busy.get("/accounts")
    busy.get("/accounts", headers=OTHER)


def test_invoices_are_void(busy):
    assert busy.post("/invoices/1/void", headers=OWNER).status_code == 204
    busy.post("/invoices/1/void", headers=OWNER)
    busy.post("/invoices/2/void", headers=OWNER)
    busy.post("/invoices/3/void")
    busy.post("/invoices/5/void", headers=OWNER)
    assert busy.post("/invoices/1/pay").status_code == 409
    busy.get("/invoices?status=void")
    busy.get("/reports/customers")


def test_ageing(busy):
    from datetime import date, timedelta

    assert busy.get("/reports/ageing").json()["late"] == {"count": 0, "sum": "0.00"}
    for days in (10, 30, 40, 41, 60, 61, 200):
        busy.get(f"/reports/ageing?on={date.today() + timedelta(days=days)}")


def test_customers(busy):
    assert busy.get("/reports/customers").json()[0]["customer"] == "Acme"
    busy.get("/reports/customers", headers=OTHER)


def test_members(client):
    assert client.get("/members").json()[0]["key"] is None
    client.get("/members", headers=OWNER)
    client.post("/members", json={"email": " New@One.example"}, headers=OWNER)
    client.post("/members", json={"email": "new@one.example"}, headers=OWNER)
    client.post("/members", json={"email": "x", "role": "owner"}, headers=OWNER)
    client.post("/members", json={"email": "x"})
    client.get("/members", headers={"Authorization": "bearer key-1-new@one.example"})
    assert client.delete("/members/new@one.example", headers=OWNER).status_code == 204
    client.delete("/members/new@one.example", headers=OWNER)
    client.delete("/members/otto@two.example", headers=OWNER)
    client.delete("/members/olga@one.example", headers=OWNER)
    client.get("/members", headers=OTHER)


def test_keys(client):
    assert client.get("/members", headers={"Authorization": "Bearer nobody"}).status_code == 401
    client.get("/members", headers={"Authorization": "Basic k-owner"})
    client.get("/members", headers={"Authorization": "Bearer "})
    client.get("/members", headers={"Authorization": ""})


def test_usage(client):
    for metric, count, day in (
        ("calls", 3, "2026-01-01"),
        ("calls", 4, "2026-01-02"),
        ("calls", 5, "2026-01-01"),
        ("mails", 1, "2026-01-01"),
        ("calls", 3, "2026-01-03"),
    ):
        assert client.post("/usage", json={"metric": metric, "count": count, "day": day}).status_code == 202
    client.post("/usage", json={"metric": "calls", "count": 9, "day": "2026-01-01"}, headers=OTHER)
    client.post("/usage", json={"metric": "calls", "count": 0})
    client.post("/usage", json={"metric": "today", "count": 2})
    client.get("/usage?metric=calls")
    client.get("/usage?metric=none")
    client.get("/usage", headers=OTHER)
