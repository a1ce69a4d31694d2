from tests.conftest import STAFF


def test_a_list_has_a_page_and_says_where_the_next_is(client):
    answer = client.get("/products")
    assert len(answer.json()) == 5
    assert "next" in answer.headers["Link"]
    assert len(client.get("/products?page=2").json()) == 1
    assert client.get("/products?page=3").json() == []
    client.get("/products?page=0")


def test_a_page_that_is_just_full_is_the_last(client):
    client.delete("/products/1", headers=STAFF)
    answer = client.get("/products")
    assert len(answer.json()) == 5


def test_lists_are_searched_and_sorted(client):
    client.get("/products?search=A")
    client.get("/products?search=lamp")
    client.get("/products?search=saw-7")
    client.get("/products?search=book-a")
    client.get("/products?search=100%25")
    client.get("/products?category=books&sort=price")
    client.get("/products?category=")
    assert client.get("/products?sort=price").json()[0]["name"] == "bolt"


def test_one_product(client):
    assert client.get("/products/5").json()["description"] == "warm"
    client.get("/products/1")
    client.get("/products/7")
    assert client.get("/products/99").status_code == 404
    client.get("/products/many")


def test_a_product_is_made(client):
    wanted = {"sku": "mop-2", "name": "Mop", "price_cents": 1_250, "weight_kg": 1.5, "stock": 2}
    answer = client.post("/products", json=wanted, headers=STAFF)
    assert answer.status_code == 201
    client.get("/products/8")
    client.post("/products", json=wanted, headers=STAFF)
    client.post("/products", json={**wanted, "sku": "x", "price_cents": -1}, headers=STAFF)
    client.post(
        "/products", json={"sku": "GIFT", "name": "Gift", "price_cents": 0}, headers={"X-API-Key": "key-bob"}
    )
    client.get("/reports/audit", headers=STAFF)


def test_only_staff_makes_products(client):
    wanted = {"sku": "MOP", "name": "Mop", "price_cents": 1}
    assert client.post("/products", json=wanted).status_code == 401
    assert client.post("/products", json=wanted, headers={"X-API-Key": "guess"}).status_code == 403
    client.patch("/products/1", json={"stock": 1})
    client.delete("/products/1")


def test_a_product_is_changed(client):
    client.patch("/products/5", json={"price_cents": 4_000, "description": None}, headers=STAFF)
    client.patch("/products/1", json={"stock": 7}, headers=STAFF)
    client.patch("/products/1", json={}, headers=STAFF)
    assert client.get("/products/5").json()["description"] is None
    client.get("/reports/audit?action=change", headers=STAFF)


def test_a_dropped_product_is_gone(client):
    assert client.delete("/products/2", headers=STAFF).status_code == 204
    client.get("/products/2")
    client.delete("/products/2", headers=STAFF)
    client.get("/products?search=saw")
