import csv
from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from shop.models import Order, OrderItem, Product, Review, Shipment, User


@pytest.mark.parametrize("limit", [20, 50])
def test_order_totals(client, admin, db, limit):
    answer = client.get("/reports/orders", params={"limit": limit}, headers=admin).json()
    total = func.sum(OrderItem.quantity * OrderItem.unit_price_cents)
    rows = db.execute(
        select(Order.reference, total)
        .join(OrderItem, OrderItem.order_id == Order.id)
        .group_by(Order.id)
        .order_by(Order.created_at.desc(), Order.id.desc())
        .limit(limit)
    ).all()
    assert [(row["reference"], row["total_cents"]) for row in answer] == [tuple(row) for row in rows]


@pytest.mark.parametrize("limit", [20, 40])
def test_shipments_with_their_orders(client, admin, db, limit):
    answer = client.get("/reports/shipments", params={"limit": limit}, headers=admin).json()
    rows = db.execute(
        select(Shipment.tracking_number, Order.reference)
        .join(Order, Order.id == Shipment.order_id)
        .order_by(Shipment.id.desc())
        .limit(limit)
    ).all()
    assert [(r["tracking_number"], r["order"]["reference"]) for r in answer] == [tuple(row) for row in rows]


def test_reviews_with_author_and_product(client, admin, db):
    answer = client.get("/reports/reviews", headers=admin).json()
    assert len(answer) == 40
    review = db.get(Review, answer[0]["id"])
    assert answer[0]["author"]["full_name"] == db.get(User, review.user_id).full_name
    assert answer[0]["product"]["sku"] == db.get(Product, review.product_id).sku


def test_sales_by_category(client, admin, db):
    params = {"since": "2024-09-01", "days": 60}
    answer = client.get("/reports/sales", params=params, headers=admin).json()
    rows = db.execute(
        select(Product.category_id, OrderItem.quantity)
        .join(Product, Product.id == OrderItem.product_id)
        .join(Order, Order.id == OrderItem.order_id)
        .where(Order.created_at >= datetime(2024, 9, 1), Order.created_at < datetime(2024, 10, 31))
    ).all()
    units = Counter()
    for category, quantity in rows:
        units[category] += quantity
    assert [row["units"] for row in answer] == [units[category] for category in sorted(units)]
    assert answer


def test_the_best_customers(client, admin):
    answer = client.get("/reports/customers", params={"limit": 5}, headers=admin).json()
    counts = [row["orders"] for row in answer]
    assert counts == sorted(counts, reverse=True)
    assert answer[0]["user_id"] == 1


def test_the_stock_is_exported(client, admin, settings):
    answer = client.post("/reports/stock", headers=admin).json()
    with (settings.upload_dir / answer["file"]).open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["sku", "name", "stock"]
    assert len(rows) == answer["rows"] + 1
    assert rows[1][0] == "SKU-000001"


@pytest.mark.parametrize("path", ["orders", "shipments", "reviews", "customers"])
def test_reports_are_for_admins(client, customer, path):
    assert client.get(f"/reports/{path}", headers=customer).status_code == 403
    assert client.get(f"/reports/{path}").status_code == 401


def test_a_report_has_bounds(client, admin):
    assert client.get("/reports/orders", params={"limit": 0}, headers=admin).status_code == 422
    assert client.get("/reports/sales", headers=admin).status_code == 422
