import pytest

from tests.conftest import STAFF, buy


def test_an_order_costs_what_it_should(client):
    answer = buy(client, 1, (1, 10), (2, 1), note="ring twice")
    assert answer.status_code == 201
    assert answer.json()["total_cents"] == answer.json()["shipping_cents"] + 10 * 23 + 2_111
    client.get("/products/1")
    client.get("/orders/1")


@pytest.mark.parametrize("quantity", [1, 2, 3])
def test_shipping_is_by_weight(client, quantity):
    buy(client, 3, (6, quantity))
    buy(client, 3, (4, quantity))
    buy(client, 3, (1, 10 * quantity))


def test_shipping_is_free_from_a_hundred_on(client):
    client.patch("/products/3", json={"price_cents": 5_000}, headers=STAFF)
    answer = client.post("/customers", json={"name": " Dan ", "email": "Dan@Example.org"})
    buy(client, answer.json()["id"], (3, 2))
    buy(client, answer.json()["id"], (3, 1), (2, 2))


def test_what_is_not_there_is_not_sold(client):
    assert buy(client, 1, (2, 5)).json()["code"] == "out-of-stock"
    buy(client, 1, (2, 4))
    buy(client, 1, (2, 1))
    buy(client, 1, (99, 1))
    buy(client, 1, (7, 1))
    buy(client, 9, (1, 1))
    buy(client, 1)
    buy(client, 1, (1, 51))
    client.get("/products/2")


def test_credit_is_not_overdrawn(client):
    assert buy(client, 2, (5, 1), (4, 1)).status_code == 402
    client.get("/products/5")
    client.patch("/products/5", json={"price_cents": 5_000 - 390 - 240}, headers=STAFF)
    assert buy(client, 2, (5, 1)).status_code == 201
    client.get("/orders/1")


def test_orders_are_listed_by_pages(busy):
    first = busy.get("/orders").json()
    assert first["next"] == 3
    busy.get("/orders?after=3")
    busy.get("/orders?after=6")
    busy.get("/orders?limit=7")
    busy.get("/orders?limit=6")
    busy.get("/orders?customer_id=1&limit=4")
    busy.get("/orders?customer_id=3")
    busy.get("/orders?status=shipped")
    busy.get("/orders?status=&limit=21")
    busy.get("/orders?after=100")


def test_an_order_is_shipped_once(busy):
    assert busy.post("/orders/2/ship", headers=STAFF).json()["status"] == "shipped"
    assert busy.post("/orders/2/ship", headers=STAFF).status_code == 409
    busy.post("/orders/5/ship", headers=STAFF)
    busy.post("/orders/50/ship", headers=STAFF)
    busy.post("/orders/3/ship")
    busy.get("/orders/2")
    busy.get("/orders/3")


def test_a_cancelled_order_goes_back_into_stock(busy):
    busy.get("/products/5")
    busy.post("/orders/3/cancel")
    assert busy.get("/products/5").json()["stock"] == 3
    busy.post("/orders/3/cancel")
    busy.get("/products/5")
    busy.post("/orders/1/cancel")
    busy.get("/orders/3")


def test_invoices(busy):
    assert busy.get("/orders/1/invoice").json()["number"].endswith("00001")
    busy.get("/orders/3/invoice?parts=3")
    busy.get("/orders/3/invoice?parts=7")
    busy.get("/orders/4/invoice?parts=12")
    busy.get("/orders/4/invoice?parts=13")
    busy.get("/orders/40/invoice")


def test_customers(busy):
    assert busy.get("/customers/1").json()["orders"] == 4
    busy.get("/customers/2")
    busy.get("/customers/3")
    busy.get("/customers/30")
    busy.post("/customers", json={"name": "Eve", "email": "nowhere"})
    busy.post(
        "/customers", json={"name": " Eve\t", "email": "EVE@example.org", "tier": "lead", "credit_cents": 0}
    )
    busy.get("/customers/4")
    assert buy(busy, 4, (1, 1)).status_code == 402


def test_a_customer_of_an_unknown_tier_pays_all(client):
    client.post("/customers", json={"name": "Eve", "email": "eve@example.org", "tier": "lead"})
    assert buy(client, 4, (2, 1)).json()["lines"][0]["unit_cents"] == 2_345
