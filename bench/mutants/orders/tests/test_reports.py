from tests.conftest import STAFF, buy


def test_sales(busy):
    assert busy.get("/reports/sales", headers=STAFF).json()[0]["name"] == "Lamp"
    busy.get("/reports/sales")


def test_sales_of_an_empty_shop(client):
    assert client.get("/reports/sales", headers=STAFF).json() == []
    client.get("/reports/customers", headers=STAFF)


def test_sales_of_equals(client):
    client.patch("/products/6", json={"name": "Adze"}, headers=STAFF)
    buy(client, 3, (4, 1))
    buy(client, 3, (6, 1))
    buy(client, 3, (3, 1))
    client.get("/reports/sales", headers=STAFF)


def test_sales_of_gifts(client):
    client.patch("/products/6", json={"price_cents": 0}, headers=STAFF)
    buy(client, 1, (6, 1))
    assert client.get("/reports/sales", headers=STAFF).json()[0]["share"] == 0


def test_best_customers(busy):
    names = [each["name"] for each in busy.get("/reports/customers", headers=STAFF).json()]
    assert names == ["Mia", "Cleo", "Ben"]
    busy.get("/reports/customers?least=2388", headers=STAFF)
    busy.get("/reports/customers?least=100000", headers=STAFF)


def test_audit(busy):
    assert busy.get("/reports/audit", headers=STAFF).json()[0].startswith("ann ship")
    for _ in range(4):
        buy(busy, 3, (1, 1))
    busy.get("/reports/audit", headers=STAFF)
    busy.get("/reports/audit?action=order", headers=STAFF)
    busy.get("/reports/audit?action=", headers=STAFF)


def test_export(busy):
    answer = busy.get("/export.csv", headers=STAFF)
    assert answer.headers["content-type"].startswith("text/csv")
    busy.get("/export.csv", headers={"X-API-Key": ""})


def test_health(client):
    assert client.get("/health").json() == {"status": "ok"}
    client.get("/nowhere")
