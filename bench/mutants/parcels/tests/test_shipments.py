import pytest

from tests.conftest import send

OPS = {"X-Shop": "shop-ops"}
A = {"X-Shop": "shop-a"}


def test_a_shipment_is_made(client):
    answer = send(client, shop="shop-a", note="ring twice")
    assert answer.status_code == 201
    assert answer.json()["tracking"] == "T1"
    client.get("/shipments/1")
    client.get("/events")
    client.get("/stats")


def test_shipments_of_all_kinds(client):
    send(client, "Ben", "at", 31_500, service="express")
    send(client, "Ben", "BR", 1)
    send(client, "Ben", "de", 1_000)
    send(client, "Ben", "DE", 31_501)
    send(client, "", "D", 0)
    assert client.get("/stats").json()["all"] == 3
    client.get("/shipments/2")


def test_a_shop_that_does_not_listen(client):
    for _ in range(4):
        assert send(client, shop="shop-a").status_code == 201
    client.get("/events")


def test_only_the_last_events_are_kept(client):
    for _ in range(7):
        send(client)
    assert len(client.get("/events").json()) == 6


def test_a_key_is_used_once(client):
    wanted = {"receiver": "Mia", "country": "DE", "grams": 100}
    headers = {"Idempotency-Key": "abc"}
    assert client.post("/shipments", json=wanted, headers=headers).status_code == 201
    assert client.post("/shipments", json=wanted, headers=headers).status_code == 409
    client.post("/shipments", json=wanted, headers={**headers, "X-Shop": "shop-a"})
    client.post("/shipments", json=wanted, headers={"Idempotency-Key": ""})
    client.post("/shipments", json=wanted, headers={"Idempotency-Key": ""})


@pytest.mark.parametrize("receiver", ["Nobody", "Later"])
def test_the_carrier_refuses(client, receiver):
    answer = send(client, receiver)
    assert answer.json()["error"] == "carrier"
    client.get("/shipments")


def test_a_batch(client):
    names = ["Ann", "Nobody", "Ben", "Later"]
    parcels = [{"receiver": name, "country": "FR", "grams": 700} for name in names]
    answer = client.post("/shipments/batch", json={"parcels": parcels})
    assert answer.json()["failed"] == 2
    client.get("/events")
    client.post("/shipments/batch", json={"parcels": []})
    client.post("/shipments/batch", json={"parcels": parcels[:1]}, headers=A)
    client.post("/shipments/batch", json={"parcels": parcels * 3})
    client.post("/shipments/batch", json={"parcels": [parcels[0], *parcels[:2]]})


def test_shipments_have_pages(sent):
    assert sent.get("/shipments").json() == {"numbers": [1, 2], "next": 2}
    sent.get("/shipments?start=2")
    sent.get("/shipments?start=1")
    sent.get("/shipments?start=3")
    sent.get("/shipments?size=3")
    sent.get("/shipments?size=6")
    sent.get("/shipments?status=labelled")
    sent.get("/shipments?status=gone")


def test_a_shop_sees_its_own(sent):
    assert sent.get("/shipments/1", headers=A).json()["note"] == "ring"
    assert sent.get("/shipments/2", headers=A).status_code == 404
    sent.get("/shipments/3")
    sent.get("/shipments/4")
    sent.get("/shipments/x")


def test_tracking(sent):
    assert sent.get("/shipments/1/track").json()["last"] == "Ulm"
    sent.get("/shipments/2/track")
    sent.get("/shipments/3/track")
    send(sent)
    assert sent.get("/shipments/4/track").status_code == 502
    sent.get("/shipments/5/track")


def test_a_shipment_is_cancelled(sent):
    assert sent.post("/shipments/1/cancel", headers=A).json()["status"] == "cancelled"
    assert sent.post("/shipments/1/cancel").status_code == 409
    sent.post("/shipments/2/cancel", headers=A)
    sent.post("/shipments/2/cancel")
    sent.get("/shipments/1")
    sent.get("/shipments?status=cancelled")
    sent.get("/shipments?status=labelled")


def test_a_dear_shipment_is_cancelled(client):
    send(client, "Mia", "US", 20_000)
    assert client.post("/shipments/1/cancel").status_code == 200
