def test_threads_are_listed_by_pages(talk, client):
    page = client.get("/threads").json()
    assert [each["pinned"] for each in page["threads"]] == [True, False, False]
    rest = client.get(f"/threads?cursor={page['cursor']}").json()
    assert rest["cursor"] is None
    client.get("/threads?limit=5")
    client.get("/threads?limit=4")
    client.get("/threads?limit=1")
    client.get("/threads?board=help")
    client.get("/threads?board=staff")
    assert len(talk["ada"].get("/threads?board=staff").json()["threads"]) == 1
    talk["bob"].get("/threads?limit=6")
    talk["cyd"].get("/threads?limit=10")
    client.get("/threads?cursor=bm90aGluZw==")
    client.get("/threads?limit=11")


def test_pages_go_on_among_the_pinned(talk, client):
    talk["bob"].patch("/threads/2", json={"pinned": True})
    page = client.get("/threads?limit=1").json()
    page = client.get(f"/threads?limit=1&cursor={page['cursor']}").json()
    assert page["threads"][0]["pinned"]
    client.get(f"/threads?limit=1&cursor={page['cursor']}")


def test_one_thread(talk, client):
    answer = client.get("/threads/3")
    assert answer.json()["posts"] == 4
    tag = answer.headers["etag"]
    assert client.get("/threads/3", headers={"If-None-Match": tag}).status_code == 304
    client.get("/threads/3")
    talk["cyd"].patch("/threads/3", json={"title": "Tea"})
    client.get("/threads/3", headers={"If-None-Match": tag})
    client.get("/threads/5")
    talk["cyd"].get("/threads/5")
    talk["bob"].get("/threads/5")
    client.get("/threads/50")


def test_threads_are_made(people, client):
    wanted = {"board": "general", "title": "Hi", "text": "there"}
    answer = people["ada"].post("/threads", json=wanted)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/threads/1"
    assert client.post("/threads", json=wanted).status_code == 401
    people["bob"].post("/threads", json={**wanted, "board": "staff"})
    people["bob"].post("/threads", json={**wanted, "board": "attic"})
    people["bob"].post("/threads", json={"title": ""})


def test_threads_are_changed(talk):
    assert talk["cyd"].patch("/threads/3", json={"locked": True}).status_code == 403
    talk["cyd"].patch("/threads/4", json={"title": "Dogs"})
    talk["bob"].patch("/threads/3", json={"title": "Tea only", "locked": True})
    talk["bob"].patch("/threads/3", json={})
    assert talk["cyd"].post("/threads/3/posts", json={"text": "?"}).status_code == 423
    talk["bob"].post("/threads/3/posts", json={"text": "!"})
    talk["cyd"].get("/me")
    talk["cyd"].get("/threads/3")


def test_threads_are_dropped(talk, client):
    assert talk["cyd"].delete("/threads/3").status_code == 403
    assert talk["bob"].delete("/threads/3").status_code == 204
    talk["bob"].delete("/threads/3")
    client.get("/threads/3")
    client.get("/search?q=coffee")


def test_search(talk, client):
    assert client.get("/search?q=TEA").json()[0]["points"] == 3
    client.get("/search?q=cats%20tea")
    client.get("/search?q=about")
    client.get("/search?q=secrets")
    client.get("/search?q=%20")
