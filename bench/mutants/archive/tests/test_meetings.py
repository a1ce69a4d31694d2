import asyncio

import httpx
import pytest
from starlette.websockets import WebSocketDisconnect

from archive.main import app


def meet(client, title, start, **more):
    return client.post("/meetings", json={"title": title, "start": start, **more})


def test_a_meeting_is_planned(client):
    assert meet(client, "Plan", "2026-03-20T09:00:00", weeks=3).status_code == 201
    meet(client, "Call", "2026-03-20T08:30:00Z")
    meet(client, "Call", "2026-03-20T09:00:00Z", zone="America/New_York", minutes=45)
    meet(client, "Lunch", "2026-03-27T11:30:00+02:00")
    client.get("/meetings")
    client.get("/meetings?zone=Asia/Tokyo")
    client.get("/meetings?zone=Asia/Tokyo&day=2026-03-20")
    client.get("/meetings?zone=Nowhere/Land")


def test_a_day_is_that_of_the_zone(client):
    meet(client, "Evening", "2026-03-20T20:00:00Z")
    assert len(client.get("/meetings?zone=Asia/Tokyo&day=2026-03-21").json()) == 1
    client.get("/meetings?zone=Asia/Tokyo&day=2026-03-20")


def test_a_meeting_in_the_night_of_the_change(client):
    answer = meet(client, "Watch", "2026-10-25T01:30:00", minutes=120)
    assert answer.json()[0]["end"].endswith("+01:00")
    meet(client, "Late", "2026-03-29T01:30:00", minutes=60)
    client.get("/meetings?zone=Europe/Berlin")


def test_meetings_do_not_overlap(client):
    meet(client, "One", "2026-05-04T09:00:00")
    assert meet(client, "Two", "2026-05-04T09:59:00").status_code == 409
    meet(client, "Three", "2026-05-04T10:00:00", minutes=5)
    meet(client, "Four", "2026-04-27T09:30:00", weeks=2)
    client.get("/meetings/1.ics")
    client.get("/meetings/9.ics")
    meet(client, "Zone", "2026-05-05T10:00:00", zone="Europe/Nowhere")
    meet(client, "Short", "2026-05-05T10:00:00", minutes=1)


def test_the_next_meeting(client):
    assert client.get("/meetings/next").json()["next"] is None
    meet(client, "Past", "2020-01-01T09:00:00")
    client.get("/meetings/next")
    meet(client, "Far", "2099-01-02T09:00:00")
    meet(client, "Near", "2099-01-01T23:30:00-05:00")
    client.get("/meetings/next")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-01-01", "2026-01-31"),
        ("2026-01-03", "2026-01-04"),
        ("2026-01-05", "2026-01-05"),
        ("2026-01-02", "2026-01-01"),
    ],
)
def test_workdays(client, first, last):
    assert client.get(f"/workdays?first={first}&last={last}").status_code in (200, 400)


def test_a_chat(client):
    with client.websocket_connect("/rooms/tea?token=t-ann") as ann:
        assert ann.receive_json()["name"] == "ann"
        ann.send_json({"type": "say", "text": " Hello "})
        ann.receive_json()
        ann.send_json({"type": "say", "text": " "})
        ann.receive_json()
        for word in ("one", "two", "three"):
            ann.send_json({"type": "say", "text": word})
            ann.receive_json()
        ann.send_json({"type": "ping", "n": 4})
        assert ann.receive_json() == {"type": "pong", "n": 4}
    with client.websocket_connect("/rooms/tea?token=t-ben") as ben:
        ben.receive_json()
        ben.send_json({"type": "dance"})
        with pytest.raises(WebSocketDisconnect):
            ben.receive_json()
    client.get("/feed")


def test_strangers_do_not_chat(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/rooms/tea"):
        pass


def test_echoes_at_once(client):
    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://archive") as asking:
            texts = ["one", "one two", "one two three"]
            answers = await asyncio.gather(*(asking.get("/echo", params={"text": each}) for each in texts))
        return [answer.json()["count"] for answer in answers]

    assert len(client.portal.call(ask)) == 3


def test_an_echo(client):
    client.get("/echo?text=a%20b")
