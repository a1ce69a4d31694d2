import pytest

from shop.security import InvalidToken, create_token, hash_password, read_token, verify_password


def test_a_new_user_can_log_in_and_refresh(client, member):
    answer = client.post("/auth/login", data={"username": member.email.upper(), "password": member.password})
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = client.get("/users/me", headers=headers).json()
    assert (me["email"], me["is_admin"]) == (member.email, False)
    assert client.post("/auth/refresh", headers=headers).json()["token_type"] == "bearer"


def test_an_address_is_taken_once(client, member):
    again = {"email": member.email, "full_name": "Another", "password": "12345678"}
    answer = client.post("/auth/register", json=again)
    assert (answer.status_code, answer.json()) == (409, {"detail": "This e-mail address is taken"})


@pytest.mark.parametrize(
    "change",
    [{"email": "no-address"}, {"password": "short"}, {"full_name": "  "}],
    ids=lambda c: next(iter(c)),
)
def test_a_registration_is_checked(client, change):
    data = {"email": "x@example.org", "full_name": "X", "password": "12345678"}
    assert client.post("/auth/register", json=data | change).status_code == 422


@pytest.mark.parametrize("username", ["nobody@example.org", "user3@example.com"])
def test_wrong_credentials_are_refused(client, username):
    answer = client.post("/auth/login", data={"username": username, "password": "wrong"})
    assert answer.status_code == 401


def test_a_password_can_be_changed(client, member):
    change = {"current": member.password, "new": "another password"}
    assert client.post("/auth/password", json=change, headers=member.headers).status_code == 204
    for password, status in ((member.password, 401), ("another password", 200)):
        answer = client.post("/auth/login", data={"username": member.email, "password": password})
        assert answer.status_code == status


def test_a_password_change_needs_the_old_one(client, member):
    change = {"current": "not this", "new": "another password"}
    assert client.post("/auth/password", json=change, headers=member.headers).status_code == 403


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic abc", ""])
def test_bad_tokens_are_refused(client, header):
    assert client.get("/users/me", headers={"Authorization": header}).status_code == 401


def test_a_token_of_a_missing_user_is_refused(client, settings):
    token = create_token(10**9 % 2**31, settings.secret, days=3650)
    assert client.get("/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_expired_and_foreign_tokens_are_invalid():
    secret = "s" * 40
    with pytest.raises(InvalidToken):
        read_token(create_token(1, secret, days=-3650), secret)
    with pytest.raises(InvalidToken):
        read_token(create_token(1, "t" * 40, days=3650), secret)


def test_hashes_are_salted():
    first, second = hash_password("same"), hash_password("same")
    assert first != second
    assert verify_password("same", first)
    assert not verify_password("other", first)
