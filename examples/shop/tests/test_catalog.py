import re
import zlib

import pytest
from sqlalchemy import func, select

from shop.models import Category, Product, StockMovement, Supplier


@pytest.fixture
def new_product(request):
    """What makes up a product that no other test knows."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name).removeprefix("test-")[:60].strip("-")
    return {
        "sku": f"T-{zlib.crc32(name.encode()):010}",
        "slug": f"test-{name}",
        "name": "Test product",
        "description": "Made by a test",
        "category_id": 3,
        "supplier_id": 5,
        "price_cents": 1_250,
        "weight_grams": 400,
        "stock": 10,
    }


def slug_of(db, product_id):
    return db.scalar(select(Product.slug).where(Product.id == product_id))


def test_categories(client):
    answer = client.get("/categories").json()
    assert len(answer) == 24
    assert answer[0] == {"id": 1, "slug": "books", "name": "Books"}


def test_products_of_a_category(client, db):
    answer = client.get("/categories/food/products", params={"size": 15}).json()
    rows = db.scalars(select(Product).where(Product.category_id == 2).order_by(Product.id).limit(15)).all()
    assert [card["id"] for card in answer] == [row.id for row in rows]
    assert client.get("/categories/none/products").status_code == 404


def test_suppliers_with_their_number_of_products(client, db):
    answer = client.get("/suppliers").json()
    assert len(answer) == 40 == db.scalar(select(func.count()).select_from(Supplier))
    counts = dict(db.execute(select(Product.supplier_id, func.count()).group_by(Product.supplier_id)).all())
    assert {row["id"]: row["products"] for row in answer} == {n: counts.get(n, 0) for n in range(1, 41)}


@pytest.mark.parametrize("size", [20, 50])
def test_a_page_of_products(client, db, size):
    answer = client.get("/products", params={"page": 2, "size": size}).json()
    assert [item["id"] for item in answer["items"]] == list(range(size + 1, 2 * size + 1))
    assert answer["total"] == db.scalar(select(func.count()).select_from(Product))
    row = db.get(Product, size + 1)
    assert answer["items"][0]["supplier"]["name"] == db.get(Supplier, row.supplier_id).name
    assert answer["items"][0]["category"]["name"] == db.get(Category, row.category_id).name
    assert any(item["images"] for item in answer["items"])


@pytest.mark.parametrize("limit", [200, 300, 500])
def test_the_feed_has_the_newest_products(client, db, limit):
    answer = client.get("/products/feed", params={"limit": limit}).json()
    assert len(answer) == limit
    newest = db.scalars(select(Product).order_by(Product.id.desc()).limit(limit)).all()
    assert [(card["id"], card["slug"], card["price_cents"]) for card in answer] == [
        (row.id, row.slug, row.price_cents) for row in newest
    ]


def test_the_feed_has_bounds(client):
    assert client.get("/products/feed", params={"limit": 501}).status_code == 422


def test_one_product(client, db):
    slug = slug_of(db, 7)
    answer = client.get(f"/products/{slug}").json()
    assert (answer["id"], answer["sku"]) == (7, "SKU-000007")
    assert client.get("/products/none").status_code == 404


def test_a_product_is_made_and_changed_by_admins(client, admin, new_product):
    made = client.post("/products", json=new_product, headers=admin)
    assert made.status_code == 201
    assert made.json()["category"]["id"] == 3
    assert client.post("/products", json=new_product, headers=admin).status_code == 409
    path = f"/products/{new_product['slug']}"
    changed = client.patch(path, json={"price_cents": 999}, headers=admin).json()
    assert (changed["price_cents"], changed["name"]) == (999, "Test product")
    assert client.get(path).json()["price_cents"] == 999


@pytest.mark.parametrize("missing", ["category_id", "supplier_id"])
def test_a_product_needs_its_kin(client, admin, new_product, missing):
    answer = client.post("/products", json=new_product | {missing: 2_000_000}, headers=admin)
    assert answer.status_code == 404


def test_customers_change_nothing(client, customer, new_product, db):
    slug = slug_of(db, 8)
    assert client.post("/products", json=new_product, headers=customer).status_code == 403
    assert client.patch(f"/products/{slug}", json={"price_cents": 1}, headers=customer).status_code == 403
    assert client.get(f"/products/{slug}/stock-movements", headers=customer).status_code == 403


def test_a_missing_product_is_not_changed(client, admin):
    assert client.patch("/products/none", json={"price_cents": 1}, headers=admin).status_code == 404


@pytest.mark.parametrize(("currency", "rate"), [("EUR", 1.0), ("USD", 1.08), ("JPY", 168.0)])
def test_a_price_in_another_currency(client, db, currency, rate):
    product = db.get(Product, 9)
    answer = client.get(f"/products/{product.slug}/price", params={"currency": currency}).json()
    assert answer == {"slug": product.slug, "currency": currency, "amount": round(product.price_cents * rate)}


def test_a_price_needs_a_product_and_a_currency(client, db):
    slug = slug_of(db, 9)
    assert client.get(f"/products/{slug}/price", params={"currency": "XXX"}).status_code == 404
    assert client.get(f"/products/{slug}/price", params={"currency": "euro"}).status_code == 422
    assert client.get("/products/none/price").status_code == 404


@pytest.mark.parametrize("product_id", [300, 450, 600])
def test_stock_movements_newest_first(client, admin, db, product_id):
    answer = client.get(
        f"/products/{slug_of(db, product_id)}/stock-movements", params={"size": 50}, headers=admin
    ).json()
    rows = db.scalars(
        select(StockMovement)
        .where(StockMovement.product_id == product_id)
        .order_by(StockMovement.created_at.desc(), StockMovement.id.desc())
        .limit(50)
    ).all()
    assert [row["id"] for row in answer] == [row.id for row in rows]
    assert answer


def test_a_movement_changes_the_stock(client, admin, new_product):
    client.post("/products", json=new_product, headers=admin)
    path = f"/products/{new_product['slug']}"
    movement = {"quantity": 5, "reason": "delivery", "reference": "D-1"}
    assert client.post(f"{path}/stock-movements", json=movement, headers=admin).status_code == 201
    assert client.get(path).json()["stock"] == 15
    assert [row["quantity"] for row in client.get(f"{path}/stock-movements", headers=admin).json()] == [5]
    too_many = {"quantity": -16, "reason": "damage"}
    assert client.post(f"{path}/stock-movements", json=too_many, headers=admin).status_code == 409
