import asyncio

import httpx
import pytest
from sqlalchemy import select

from shop.main import app
from shop.models import Order, ShipmentEvent
from shop.webclient import PartnerUnavailable, fetch_json


@pytest.fixture(scope="module")
def own_order(client, customer):
    return client.get("/users/me/orders", params={"size": 1}, headers=customer).json()[0]


def test_zones(client):
    answer = client.get("/shipping/zones").json()
    assert [zone["name"] for zone in answer] == ["home", "near", "europe", "world"]


def test_exchange_rates(client):
    answer = client.get("/shipping/exchange-rates").json()
    assert (answer["base"], answer["rates"]["USD"]) == ("EUR", 1.08)


def test_status(client):
    assert client.get("/shipping/status").json() == {"status": "ok"}


@pytest.mark.parametrize("postcode", ["10115", "75001"])
def test_pickup_points(client, postcode):
    answer = client.get("/shipping/pickup-points", params={"postcode": postcode}).json()
    assert [point["name"] for point in answer] == [f"Shop {postcode}-{n}" for n in range(1, 9)]


def test_pickup_points_may_be_out_of_reach(client):
    answer = client.get("/shipping/pickup-points", params={"postcode": "00000"})
    assert answer.status_code == 502
    assert client.get("/shipping/pickup-points", params={"postcode": "1"}).status_code == 422


@pytest.mark.parametrize("position", [1, 1_500, 2_800])
def test_tracking_shows_all_scans(client, db, position):
    number = f"P{position:09}"
    answer = client.get(f"/shipping/tracking/{number}").json()
    rows = db.scalars(
        select(ShipmentEvent)
        .where(ShipmentEvent.tracking_number == number)
        .order_by(ShipmentEvent.occurred_at, ShipmentEvent.id)
    ).all()
    assert [row["id"] for row in answer] == [row.id for row in rows]
    assert len(answer) >= 5


def test_an_unknown_parcel(client):
    assert client.get("/shipping/tracking/NONE").status_code == 404


def test_scans_are_recorded(client, admin, customer):
    scan = {"tracking_number": "TEST-000001", "code": "collected", "location": "Berlin"}
    assert client.post("/shipping/events", json=scan, headers=customer).status_code == 403
    assert client.post("/shipping/events", json=scan, headers=admin).status_code == 201
    assert client.post("/shipping/events", json=scan | {"code": "lost"}, headers=admin).status_code == 422
    answer = client.get("/shipping/tracking/TEST-000001").json()
    assert [(row["code"], row["location"]) for row in answer] == [("collected", "Berlin")]


def test_quotes_of_all_carriers(client, customer, own_order):
    answer = client.get(f"/shipping/orders/{own_order['id']}/quotes", headers=customer).json()
    assert [quote["carrier"] for quote in answer] == ["parcelo", "swiftly", "nordpak"]
    assert all(quote["price_cents"] > 390 for quote in answer)


def test_an_estimate(client, customer, own_order):
    answer = client.get(f"/shipping/orders/{own_order['id']}/estimate", headers=customer).json()
    assert answer["reference"] == own_order["reference"]
    assert 1 <= answer["days"] <= 9


@pytest.mark.parametrize("path", ["quotes", "estimate", "shipments"])
def test_orders_of_others_are_hidden(client, member, path):
    assert client.get(f"/shipping/orders/1/{path}", headers=member.headers).status_code == 404


def test_a_paid_order_is_shipped_once(client, admin, member, order_id):
    path = f"/shipping/orders/{order_id}/shipments"
    assert client.post(path, json={"carrier": "swiftly"}, headers=admin).status_code == 409
    client.post(f"/orders/{order_id}/pay", headers=member.headers)
    assert client.post(path, json={"carrier": "swiftly"}, headers=member.headers).status_code == 403
    shipped = client.post(path, json={"carrier": "swiftly"}, headers=admin)
    assert shipped.status_code == 201
    assert client.get(path, headers=member.headers).json() == [shipped.json()]
    assert client.get(f"/orders/{order_id}", headers=member.headers).json()["status"] == "shipped"
    assert client.post(path, json={"carrier": "swiftly"}, headers=admin).status_code == 409


def test_a_silent_partner_is_named():
    with pytest.raises(PartnerUnavailable):
        fetch_json("http://127.0.0.1:9/none")


def test_a_service_serves_many_at_once(client, customer, db):
    """Through the app's own loop, several requests in flight."""
    numbers = db.scalars(select(Order.id).where(Order.user_id == 2).order_by(Order.id).limit(6)).all()

    async def scenario():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=customer) as remote:
            return await asyncio.gather(*(remote.get(f"/orders/{number}") for number in numbers))

    answers = client.portal.call(scenario)
    assert [answer.json()["id"] for answer in answers] == list(numbers)
