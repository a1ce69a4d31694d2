"""Complaints as people write them, beside the routes of a service."""

from __future__ import annotations

import pytest

from pitstop.complaints import nearest, understood

ROUTES = (
    "GET /",
    "GET /users",
    "POST /users",
    "GET /users/me",
    "GET /users/{user_id}",
    "DELETE /users/{user_id}",
    "GET /users/{user_id}/orders",
    "GET /orders",
    "POST /orders",
    "GET /orders/{order_id}",
    "GET /categories/{slug}/products",
    "POST /uploads",
    "GET /files/{path:path}",
    "GET /api/v1/reports/sales",
)


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("GET /users/{id} is slow and sometimes returns 500", ["GET /users/{user_id}"]),
        ("/users/42 takes 3 s", ["GET /users/{user_id}", "DELETE /users/{user_id}"]),
        ("get /users/42?full=1 takes 3 s", ["GET /users/{user_id}"]),
        ("GET /users/me, since monday", ["GET /users/me"]),
        ("p95 of POST /orders doubled.", ["POST /orders"]),
        ("https://api.example.org/users/7/orders hangs", ["GET /users/{user_id}/orders"]),
        ("/files/a/b/c.txt uses all memory", ["GET /files/{path:path}"]),
        ("everything under /api/v1 is slow", ["GET /api/v1/reports/sales"]),
        ("GET /users and GET /orders are slow", ["GET /users", "GET /orders"]),
        ("GET / is slow", ["GET /"]),
        ("GET /nowhere is slow", []),
    ],
)
def test_a_path_names_its_route(text: str, routes: list[str]) -> None:
    found = understood(text, ROUTES)
    assert (list(found.routes), found.guessed) == (routes, False)


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("the products of a category load slowly", ["GET /categories/{slug}/products"]),
        ("uploading fails", ["POST /uploads"]),
        ("the sales report is too slow", ["GET /api/v1/reports/sales"]),
        ("creating an order takes ages", ["POST /orders"]),
        ("the app is slow", []),
        ("our p95 doubled", []),
    ],
)
def test_words_stand_for_the_route_that_says_most_of_them(text: str, routes: list[str]) -> None:
    found = understood(text, ROUTES)
    assert list(found.routes) == routes
    assert found.guessed == bool(routes)


@pytest.mark.parametrize(
    ("text", "symptoms"),
    [
        ("GET /users is slow and sometimes returns 500", ("errors", "slow")),
        ("too many queries", ("database",)),
        ("the service freezes", ("blocking",)),
        ("killed: out of memory", ("memory",)),
        ("p99 under load", ("load", "slow")),
        ("huge payload", ("size",)),
        ("deploys take minutes to start", ("start-up", "slow")),
        ("GET /errors/500", ("slow",)),
        ("look at /users please", ("slow",)),
    ],
)
def test_symptoms_are_known_by_their_words_and_not_by_paths(text: str, symptoms: tuple[str, ...]) -> None:
    assert understood(text, ROUTES).symptoms == symptoms


def test_where_none_is_meant_a_few_are_asked_about() -> None:
    assert nearest(understood("something about users", ROUTES), ROUTES) == [
        "GET /users",
        "POST /users",
        "GET /users/me",
    ]
    assert nearest(understood("it is bad", ROUTES), ROUTES) == list(ROUTES[:3])


def test_no_text_is_too_odd() -> None:
    for text in ("", " ", "////", "{}", "GET", "GET /" + "{" * 500, "/" + "a/" * 3000, "\x00 \ud800"):
        understood(text, ROUTES)
