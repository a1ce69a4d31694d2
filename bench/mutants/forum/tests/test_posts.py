import asyncio

import httpx

from forum.main import app


def test_posts_have_pages(talk, client):
    answer = client.get("/threads/3/posts")
    assert answer.headers["x-pages"] == "2"
    client.get("/threads/3/posts?page=2")
    assert client.get("/threads/3/posts?page=3").status_code == 404
    client.get("/threads/3/posts?size=3&page=2")
    between = client.get("/threads/3/posts?size=1&page=2").headers["link"]
    assert 'rel="prev"' in between
    assert 'rel="next"' in between
    client.get("/threads/3/posts?size=4")
    client.get("/threads/3/posts?size=51")
    client.get("/threads/5/posts")


def test_posts_are_written(talk):
    assert talk["bob"].post("/threads/1/posts", json={"text": "Yes", "quotes": 1}).status_code == 201
    talk["bob"].post("/threads/1/posts", json={"text": "Yes", "quotes": 7})
    talk["bob"].post("/threads/1/posts", json={"text": "Yes", "quotes": 70})
    talk["bob"].post("/threads/1/posts", json={"text": ""})
    talk["cyd"].post("/threads/5/posts", json={"text": "What is this?"})
    talk["ada"].get("/me")


def test_who_posts_too_much_waits(talk):
    lefts = [talk["cyd"].post("/threads/1/posts", json={"text": f"{number}"}).json() for number in range(5)]
    assert lefts[-1] == {"error": "slow down"} or "left" in lefts[0]
    assert talk["cyd"].post("/threads/1/posts", json={"text": "more"}).headers["retry-after"] == "60"
    for number in range(6):
        talk["bob"].post("/threads/1/posts", json={"text": f"{number}"})


def test_posts_are_edited(talk, client):
    assert talk["bob"].put("/posts/7", json={"text": "Tea."}).json()["edited_at"]
    talk["bob"].put("/posts/7", json={"text": "Tea."})
    assert talk["cyd"].put("/posts/7", json={"text": "Coffee."}).status_code == 403
    talk["bob"].put("/posts/9", json={"text": "Neither"})
    talk["bob"].put("/posts/9", json={"text": "Neither"})
    talk["bob"].put("/posts/90", json={"text": "Neither"})
    client.get("/threads/3/posts")


def test_votes(talk, client):
    assert talk["bob"].put("/posts/9/vote?value=1").json() == {"score": 1, "approval": 1.0}
    talk["ada"].put("/posts/9/vote?value=-1")
    talk["dan"].put("/posts/9/vote?value=1")
    client.get("/threads/3/posts?page=2")
    talk["dan"].put("/posts/9/vote?value=-1")
    talk["ada"].put("/posts/9/vote?value=0")
    talk["bob"].put("/posts/9/vote?value=0")
    talk["dan"].put("/posts/9/vote?value=0")
    talk["eve"].put("/posts/9/vote?value=0")
    assert talk["cyd"].put("/posts/9/vote?value=1").status_code == 409
    talk["cyd"].put("/posts/90/vote?value=1")
    talk["cyd"].put("/posts/8/vote?value=2")
    client.put("/posts/8/vote?value=1")
    client.get("/threads/3/posts?size=4")


def test_greetings_at_once(client):
    async def greet() -> list[str]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://forum"
        ) as client:
            asked = [("Ann", "en"), ("Ben", "de"), ("Cyd", "fr"), ("Dan", "nl")]
            answers = await asyncio.gather(
                *(client.get("/greeting", params={"name": name, "language": lang}) for name, lang in asked)
            )
        return [answer.json()["text"] for answer in answers]

    assert len(asyncio.run(greet())) == 4


def test_a_greeting(client):
    client.get("/greeting?name=Ada")
    client.get("/greeting?name=Ada&language=de")
