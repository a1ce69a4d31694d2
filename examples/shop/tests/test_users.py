import pytest
from sqlalchemy import select

from shop.models import Address, Order, OrderItem

ADDRESS = {"line1": "Street 2", "city": "Wien", "postcode": "1010", "country": "AT"}


def test_me(client, customer):
    me = client.get("/users/me", headers=customer).json()
    assert (me["id"], me["email"]) == (2, "user2@example.com")


def test_my_routes_need_a_token(client):
    for path in ("/users/me", "/users/me/addresses", "/users/me/orders"):
        assert client.get(path).status_code == 401


def test_a_user_can_be_renamed(client, member):
    answer = client.patch("/users/me", json={"full_name": " Maria "}, headers=member.headers)
    assert answer.json()["full_name"] == "Maria"
    assert client.get(f"/users/{member.id}").json() == {"id": member.id, "full_name": "Maria"}


def test_there_is_no_profile_of_nobody(client):
    assert client.get("/users/2000000000").status_code == 404


def test_my_addresses(client, customer, db):
    answer = client.get("/users/me/addresses", headers=customer).json()
    rows = db.scalars(select(Address).where(Address.user_id == 2).order_by(Address.id)).all()
    assert [(a["id"], a["postcode"]) for a in answer] == [(row.id, row.postcode) for row in rows]
    assert answer


def test_an_address_comes_and_goes(client, member):
    added = client.post("/users/me/addresses", json=ADDRESS, headers=member.headers)
    assert added.status_code == 201
    number = added.json()["id"]
    assert client.get("/users/me/addresses", headers=member.headers).json() == [{"id": number, **ADDRESS}]
    assert client.delete(f"/users/me/addresses/{number}", headers=member.headers).status_code == 204
    assert client.get("/users/me/addresses", headers=member.headers).json() == []


def test_a_used_address_stays(client, member, address_id, order_id):
    assert client.delete(f"/users/me/addresses/{address_id}", headers=member.headers).status_code == 409


def test_an_address_of_another_stays(client, member):
    assert client.delete("/users/me/addresses/1", headers=member.headers).status_code == 404


def test_an_address_is_checked(client, customer):
    bad = ADDRESS | {"country": "Austria"}
    assert client.post("/users/me/addresses", json=bad, headers=customer).status_code == 422


@pytest.mark.parametrize("size", [20, 30, 50])
def test_my_orders_newest_first(client, customer, db, size):
    answer = client.get("/users/me/orders", params={"size": size}, headers=customer).json()
    query = select(Order).where(Order.user_id == 2).order_by(Order.created_at.desc(), Order.id.desc())
    orders = db.scalars(query.limit(size)).all()
    assert len(orders) == size
    assert [order["reference"] for order in answer] == [order.reference for order in orders]
    for shown, order in zip(answer, orders, strict=True):
        items = db.scalars(select(OrderItem).where(OrderItem.order_id == order.id)).all()
        assert shown["units"] == sum(item.quantity for item in items)
        assert shown["total_cents"] == sum(item.quantity * item.unit_price_cents for item in items)


def test_my_orders_go_on_on_the_next_page(client, customer):
    def page(number, size):
        params = {"page": number, "size": size}
        return client.get("/users/me/orders", params=params, headers=customer).json()

    assert page(1, 20) + page(2, 20) == page(1, 40)


@pytest.mark.parametrize("params", [{"size": 0}, {"size": 101}, {"page": 0}])
def test_pages_have_bounds(client, customer, params):
    assert client.get("/users/me/orders", params=params, headers=customer).status_code == 422
