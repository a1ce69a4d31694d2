from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from forum.main import app


class People:
    """People with a client each, made when first asked for; the first is the admin."""

    def __init__(self, visitor: TestClient) -> None:
        self.visitor = visitor
        self.clients: dict[str, TestClient] = {}

    def __getitem__(self, name: str) -> TestClient:
        if name not in self.clients:
            client = TestClient(app)
            client.portal = self.visitor.portal
            client.post(
                "/register", json={"name": name, "email": f"{name}@example.org", "password": "long enough"}
            )
            answer = client.post("/login", json={"name": name, "password": "long enough"})
            client.headers["X-CSRF"] = answer.json()["csrf"]
            self.clients[name] = client
        return self.clients[name]


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def people(client) -> People:
    people = People(client)
    people["ada"]
    return people


@pytest.fixture
def talk(people) -> People:
    """People who have talked."""
    people["bob"], people["ada"].post("/users/2/role?role=moderator")
    for name, board, title in (
        ("ada", "general", "Rules"),
        ("bob", "help", "How to post?"),
        ("cyd", "general", "Tea and coffee"),
        ("bob", "general", "Cats"),
        ("ada", "staff", "Secrets of tea"),
        ("cyd", "help", "Lost my password"),
    ):
        people[name].post("/threads", json={"board": board, "title": title, "text": f"About {title}: tea."})
    people["ada"].patch("/threads/1", json={"pinned": True})
    people["bob"].post("/threads/3/posts", json={"text": "Tea, please. tea!"})
    people["ada"].post("/threads/3/posts", json={"text": "Coffee", "quotes": 7})
    people["cyd"].post("/threads/3/posts", json={"text": "Both"})
    return people
