import pytest
from sqlalchemy import select

from shop.models import Address, Order, OrderItem, Product, User
from shop.settings import get_settings
from shop.tax import TaxTable


@pytest.mark.parametrize("limit", [20, 40, 80])
def test_recent_orders_with_their_customers(client, admin, db, limit):
    answer = client.get("/orders", params={"limit": limit}, headers=admin).json()
    rows = db.execute(
        select(Order.reference, User.id, User.full_name)
        .join(User, User.id == Order.user_id)
        .order_by(Order.created_at.desc(), Order.id.desc())
        .limit(limit)
    ).all()
    shown = [(row["reference"], row["customer"]["id"], row["customer"]["full_name"]) for row in answer]
    assert shown == [tuple(row) for row in rows]


def test_recent_orders_are_for_admins(client, customer):
    assert client.get("/orders", headers=customer).status_code == 403
    assert client.get("/orders").status_code == 401


def test_one_order(client, customer, db):
    order = db.scalar(select(Order).where(Order.user_id == 2).order_by(Order.id).limit(1))
    answer = client.get(f"/orders/{order.id}", headers=customer).json()
    items = db.scalars(select(OrderItem).where(OrderItem.order_id == order.id).order_by(OrderItem.line)).all()
    assert [(i["line"], i["product_id"]) for i in answer["items"]] == [(i.line, i.product_id) for i in items]
    assert answer["total_cents"] == sum(item.quantity * item.unit_price_cents for item in items)


def test_an_order_with_a_coupon(client, admin, db):
    order = db.scalar(select(Order).where(Order.coupon_id.is_not(None)).order_by(Order.id).limit(1))
    answer = client.get(f"/orders/{order.id}", headers=admin).json()
    assert answer["coupon"]["id"] == order.coupon_id


def test_orders_of_others_are_hidden(client, member, db):
    assert client.get("/orders/1", headers=member.headers).status_code == 404
    assert client.get("/orders/2000000000", headers=member.headers).status_code == 404
    assert client.get("/orders/1/invoice", headers=member.headers).status_code == 404


def test_an_order_is_placed(client, member, address_id, db):
    product = db.get(Product, 110)
    before = product.stock
    lines = [{"product_id": 110, "quantity": 2}, {"product_id": 111, "quantity": 1}]
    order = {"address_id": address_id, "lines": lines, "coupon": "SAVE0001"}
    answer = client.post("/orders", json=order, headers=member.headers)
    assert answer.status_code == 201
    placed = answer.json()
    assert (placed["status"], placed["coupon"]["percent_off"]) == ("pending", 10)
    assert placed["items"][0]["unit_price_cents"] == product.price_cents * 90 // 100
    db.expire_all()
    assert db.get(Product, 110).stock == before - 2
    assert client.get(f"/orders/{placed['id']}", headers=member.headers).json() == placed
    assert client.get("/users/me/orders", headers=member.headers).json()[0]["units"] == 3


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"coupon": "SAVE0003"}, 409),
        ({"coupon": "NOTHING"}, 409),
        ({"lines": [{"product_id": 2_000_000, "quantity": 1}]}, 404),
        ({"address_id": 1}, 404),
        ({"lines": []}, 422),
        ({"lines": [{"product_id": 112, "quantity": 0}]}, 422),
    ],
    ids=["expired", "unknown coupon", "unknown product", "foreign address", "empty", "no quantity"],
)
def test_a_bad_order_is_refused(client, member, address_id, change, status):
    order = {"address_id": address_id, "lines": [{"product_id": 112, "quantity": 1}]} | change
    assert client.post("/orders", json=order, headers=member.headers).status_code == status


def test_an_order_beyond_the_stock_is_refused(client, admin, member, address_id):
    product = {
        "sku": "T-SCARCE",
        "slug": "test-scarce",
        "name": "Scarce",
        "category_id": 1,
        "supplier_id": 1,
        "price_cents": 100,
        "weight_grams": 100,
        "stock": 1,
    }
    made = client.post("/products", json=product, headers=admin).json()
    order = {"address_id": address_id, "lines": [{"product_id": made["id"], "quantity": 2}]}
    answer = client.post("/orders", json=order, headers=member.headers)
    assert (answer.status_code, answer.json()) == (409, {"detail": "Only 1 of Scarce left"})
    assert client.get("/products/test-scarce").json()["stock"] == 1


def test_an_order_is_paid_once(client, member, order_id):
    assert client.post(f"/orders/{order_id}/pay", headers=member.headers).json()["status"] == "paid"
    answer = client.post(f"/orders/{order_id}/pay", headers=member.headers)
    assert (answer.status_code, answer.json()) == (409, {"detail": "The order is paid"})


def test_an_order_is_cancelled(client, member, order_id):
    assert client.post(f"/orders/{order_id}/cancel", headers=member.headers).json()["status"] == "cancelled"
    assert client.post(f"/orders/{order_id}/pay", headers=member.headers).status_code == 409


def test_only_the_customer_pays(client, admin, order_id):
    assert client.post(f"/orders/{order_id}/pay", headers=admin).status_code == 403


def test_the_invoice_adds_the_tax(client, customer, db):
    order = db.scalar(select(Order).where(Order.user_id == 2).order_by(Order.id).limit(1))
    answer = client.get(f"/orders/{order.id}/invoice", headers=customer).json()
    net = db.scalars(select(OrderItem).where(OrderItem.order_id == order.id)).all()
    assert answer["net_cents"] == sum(item.quantity * item.unit_price_cents for item in net)
    assert answer["gross_cents"] == answer["net_cents"] + answer["tax_cents"]
    assert answer["country"] == db.get(Address, order.address_id).country


@pytest.mark.parametrize("country", ["DE", "US"])
def test_a_preview_adds_the_tax(client, db, country):
    lines = [{"product_id": n, "quantity": 1} for n in range(1, 21)]
    answer = client.post("/orders/preview", json={"country": country, "lines": lines})
    assert answer.status_code == 200
    net = sum(db.scalars(select(Product.price_cents).where(Product.id <= 20)))
    assert answer.json()["net_cents"] == net
    assert (answer.json()["tax_cents"] > 0) == (country == "DE")


def test_a_preview_needs_a_country_and_products(client):
    line = {"product_id": 1, "quantity": 1}
    assert client.post("/orders/preview", json={"country": "ZZ", "lines": [line]}).status_code == 404
    missing = {"product_id": 2_000_000, "quantity": 1}
    assert client.post("/orders/preview", json={"country": "DE", "lines": [missing]}).status_code == 404


def test_tax_rates():
    taxes = TaxTable.from_file(get_settings().tax_file)
    assert taxes.rate("DE", "standard") == 1900
    assert taxes.rate("DE", "unheard-of") == 1900
    assert taxes.rate("XX", "books") == 0
    assert TaxTable({("DE", "standard"): 1900}).tax(1_003, "DE", "books") == 191
