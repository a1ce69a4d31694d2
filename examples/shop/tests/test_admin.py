import pytest
from sqlalchemy import func, select

from shop.models import Address, Coupon, Order, OrderItem, User


def test_health(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_the_dashboard(client, admin, db):
    answer = client.get("/admin/dashboard", headers=admin).json()
    assert answer["users"] == db.scalar(select(func.count()).select_from(User))
    paid = db.scalar(select(func.count()).select_from(Order).where(Order.status == "paid"))
    assert answer["orders"]["paid"] == paid


@pytest.mark.parametrize("limit", [20, 40, 60])
def test_the_newest_users_with_their_addresses(client, admin, db, limit):
    answer = client.get("/admin/users", params={"limit": limit}, headers=admin).json()
    users = db.scalars(select(User.id).order_by(User.id.desc()).limit(limit)).all()
    assert [row["id"] for row in answer] == list(users)
    for row in answer:
        rows = db.scalars(select(Address.id).where(Address.user_id == row["id"]).order_by(Address.id)).all()
        assert [address["id"] for address in row["addresses"]] == list(rows)


def test_one_user_with_addresses(client, admin, db):
    answer = client.get("/admin/users/2", headers=admin).json()
    rows = db.scalars(select(Address.id).where(Address.user_id == 2).order_by(Address.id)).all()
    assert [address["id"] for address in answer["addresses"]] == list(rows)
    assert client.get("/admin/users/2000000000", headers=admin).status_code == 404


@pytest.mark.parametrize("size", [50, 100])
def test_a_page_of_orders(client, admin, db, size):
    answer = client.get("/admin/orders", params={"page": 2, "size": size}, headers=admin).json()
    assert (answer["page"], answer["size"]) == (2, size)
    assert [row["id"] for row in answer["items"]] == list(range(size + 1, 2 * size + 1))
    assert answer["total"] == db.scalar(select(func.count()).select_from(Order))
    first = answer["items"][0]
    items = db.scalars(select(OrderItem).where(OrderItem.order_id == first["id"])).all()
    assert first["total_cents"] == sum(item.quantity * item.unit_price_cents for item in items)


def test_coupons(client, admin, db):
    answer = client.get("/admin/coupons", headers=admin).json()
    assert answer[0]["code"] == "SAVE0001"
    assert len(answer) == db.scalar(select(func.count()).select_from(Coupon))


def test_a_coupon_is_made_once(client, admin):
    coupon = {"code": "TEST2099", "percent_off": 15, "expires_at": "2099-12-31T00:00:00Z"}
    answer = client.post("/admin/coupons", json=coupon, headers=admin)
    assert (answer.status_code, answer.json()["percent_off"]) == (201, 15)
    assert client.post("/admin/coupons", json=coupon, headers=admin).status_code == 409
    bad = coupon | {"code": "TEST2100", "percent_off": 91}
    assert client.post("/admin/coupons", json=bad, headers=admin).status_code == 422


@pytest.mark.parametrize("path", ["dashboard", "users", "users/1", "orders", "coupons"])
def test_the_back_office_is_for_admins(client, customer, path):
    assert client.get(f"/admin/{path}", headers=customer).status_code == 403
    assert client.get(f"/admin/{path}").status_code == 401
