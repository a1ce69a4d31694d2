import asyncio
import json

import httpx
import pytest

from parcels.carrier import signature
from parcels.main import app


def hook(client, tracking, number, status, sign=signature):
    body = json.dumps({"tracking": tracking, "number": number, "status": status}).encode()
    return client.post("/hooks/carrier", content=body, headers={"X-Signature": sign(body)})


@pytest.mark.parametrize(("country", "grams"), [("DE", 1_000), ("ch", 2_345), ("US", 30_000), ("FR", 333)])
def test_quotes(client, country, grams):
    assert client.get(f"/quotes?country={country}&grams={grams}").status_code == 200
    client.get(f"/quotes?country={country}&grams={grams + 7}&service=express")
    client.get("/quotes?country=DE&grams=0")


def test_all_quotes_are_sorted(client):
    prices = [each["price"] for each in client.get("/quotes/all?grams=1500").json()]
    assert prices == sorted(prices)
    client.get("/quotes/all?grams=12000")


def test_rates_are_asked_for_once(client):
    client.get("/quotes?country=AT&grams=1")
    assert client.get("/quotes?country=CH&grams=1").json()["zone"] == "near"


def test_the_carrier_tells(sent):
    assert hook(sent, "T1", 1, "delivered").json() == {"result": "noted"}
    assert hook(sent, "T1", 1, "delivered").json() == {"result": "known"}
    hook(sent, "T9", 1, "delivered")
    hook(sent, "T9", 9, "delivered")
    hook(sent, "T2", 2, "moving", sign=lambda body: "0" * 64)
    sent.get("/shipments/1")
    sent.get("/shipments?status=delivered")
    sent.get("/shipments?status=labelled")
    sent.post("/shipments/1/cancel")


def test_a_shop_may_ask_so_often(client):
    lefts = [client.get("/whoami", headers={"X-Shop": "shop-b"}).headers["x-left"] for _ in range(4)]
    assert lefts == ["2", "1", "0", "0"]
    client.get("/whoami", headers={"X-Shop": "shop-a"})


def test_unknown_shops(client):
    assert client.get("/whoami", headers={"X-Shop": ""}).status_code == 401
    client.get("/stats", headers={"X-Shop": "nobody"})


def test_events_are_for_us(client):
    assert client.get("/events", headers={"X-Shop": "shop-a"}).status_code == 403
    client.get("/events")


def test_stats(sent):
    assert sent.get("/stats").json()["zones"] == {"far": 1, "home": 1, "near": 1}
    sent.get("/stats", headers={"X-Shop": "shop-a"})


def test_stats_of_nothing(client):
    client.get("/stats")


def test_shops_at_once(client):
    async def ask() -> list[str]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://parcels") as asking:
            names = ["shop-a", "shop-ops", "shop-b"]
            answers = await asyncio.gather(
                *(asking.get("/whoami", headers={"X-Shop": each}) for each in names)
            )
        return [answer.json()["shop"] for answer in answers]

    assert len(client.portal.call(ask)) == 3
