def test_the_first_who_registers_is_the_admin(client):
    wanted = {"name": " Ann ", "email": "ann@example.org", "password": "long enough"}
    assert client.post("/register", json=wanted).json()["role"] == "admin"
    assert client.post("/register", json={**wanted, "name": "ANN"}).status_code == 409
    client.post("/register", json={**wanted, "name": " ann"})
    client.post("/register", json={**wanted, "name": "Ben"})
    client.post("/register", json={**wanted, "name": "x", "password": "short"})
    client.get("/users/1")
    client.get("/users/2")
    assert client.get("/users/3").status_code == 404


def test_who_logs_in_gets_cookies(client, people):
    people["bob"]
    answer = client.post("/login", json={"name": "bob", "password": "long enough", "remember": True})
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert client.get("/me").json()["user"]["name"] == "bob"
    client.get("/users/2")
    assert client.post("/logout").status_code == 204
    assert client.get("/me").json()["user"] is None
    client.post("/logout")


def test_wrong_passwords(client, people):
    assert client.post("/login", json={"name": "ada", "password": "wrong"}).status_code == 401
    client.post("/login", json={"name": "nobody", "password": "wrong"})
    client.post("/login", json={"name": "Ada", "password": "long enough"})


def test_a_session_ends(client, people, monkeypatch):
    import forum.security

    from datetime import timedelta

    later = forum.security.utc_now() + timedelta(days=7)
    monkeypatch.setattr(forum.security, "utc_now", lambda: later + timedelta(minutes=1))
    assert people["ada"].get("/me").json()["user"] is None
    monkeypatch.setattr(forum.security, "utc_now", lambda: later - timedelta(minutes=1))
    assert people["ada"].get("/me").json()["user"]["name"] == "ada"


def test_a_made_up_session_is_none(client):
    client.cookies.set("session", "0" * 24)
    assert client.get("/me").json() == {"user": None, "notices": []}
    client.post("/threads", json={"board": "general", "title": "x", "text": "y"})
    client.post("/logout")


def test_the_token_must_fit(people):
    wanted = {"board": "general", "title": "Hi", "text": "there"}
    answer = people["ada"].post("/threads", json=wanted, headers={"X-CSRF": "guess"})
    assert answer.status_code == 403
    people["ada"].post("/threads", json=wanted, headers={"X-CSRF": ""})


def test_profiles(people):
    people["bob"].put("/users/me/bio?text=I%20am%20Bob")
    assert "email" not in people["cyd"].get("/users/2").json()
    assert people["ada"].get("/users/2").json()["email"] == "bob@example.org"
    people["bob"].get("/users/2")
    people["bob"].put("/users/me/bio?text=")
    people["bob"].put("/users/me/bio")
    people["bob"].get("/users/3")
    people["bob"].get("/users/me")


def test_roles(people):
    people["bob"], people["cyd"]
    assert people["ada"].post("/users/2/role?role=moderator").json()["role"] == "moderator"
    assert people["bob"].post("/users/3/role?role=moderator").status_code == 403
    people["ada"].post("/users/3/role?role=admin")
    people["ada"].post("/users/30/role?role=member")
    people["ada"].post("/users/1/role?role=member")
    people["bob"].get("/me")


def test_who_is_banned_may_read_only(talk):
    talk["bob"].patch("/threads/4", json={"pinned": True})
    assert talk["ada"].post("/users/2/ban", json={"hours": 24}).status_code == 200
    talk["ada"].post("/users/2/ban", json={"hours": 2})
    talk["ada"].post("/users/2/ban", json={"hours": 0})
    talk["ada"].post("/users/20/ban", json={"hours": 1})
    talk["cyd"].post("/users/2/ban", json={"hours": 1})
    assert talk["bob"].post("/threads/1/posts", json={"text": "What?"}).status_code == 403
    talk["bob"].get("/threads")


def test_themes(client):
    assert "theme=dark" in client.put("/theme?name=dark").headers["set-cookie"]
    assert "set-cookie" not in client.put("/theme?name=dark").headers
    client.put("/theme?name=light")
    client.put("/theme")


def test_who_is_online(client):
    client.get("/online?name=zoe")
    client.get("/online?name=Ada")
    client.get("/online?name=zoe")
    client.get("/online?name=bob")
    assert client.get("/online?name=Cyd").json()["count"] == 3


def test_who_is_online_starts_anew(client):
    assert client.get("/online?name=kim").json()["names"] == ["kim"]
