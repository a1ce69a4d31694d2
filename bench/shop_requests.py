"""What `shop_gain.py` asks the example shop: for each route, requests that can be sent as often as wished."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import msgspec

PASSWORD = "correct horse"
ADMIN, CUSTOMER = 1, 2
"""The customer has many orders: the seed favours small numbers."""
PHOTO = bytes(range(256)) * 1600
BOUNDARY = "a-boundary-of-the-bench"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
UPLOAD = (
    (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    + PHOTO
    + f"\r\n--{BOUNDARY}--\r\n".encode()
)
STORED = "seed-1.jpg"
"""The file of the seed's first attachment, which is the admin's; the seed makes none."""
LEFT_OUT = (
    "DELETE /uploads/{attachment_id}",
    "DELETE /users/me/addresses/{address_id}",
    "POST /orders/{order_id}/pay",
    "POST /orders/{order_id}/cancel",
    "POST /shipping/orders/{order_id}/shipments",
    "POST /reviews/{review_id}/moderation",
)
"""Routes whose every request uses up a row."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request; `path` with its query."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A route as its OpenAPI document names it, and its requests: the same ones, from the first on, each time they are asked for.
    There are at most `most` of them."""

    route: str
    requests: Callable[[], Iterator[Request]]
    most: int = 1_000_000

    @property
    def method(self) -> str:
        return self.route.split()[0]


class Sender:
    """Makes cases, with the headers of whoever sends."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def headers(self, user: int | None, content: str = "") -> dict[str, str]:
        found = {"Content-Type": content} if content else {}
        if user is not None:
            expires = datetime.now(UTC) + timedelta(days=1)
            token = jwt.encode({"sub": str(user), "exp": expires}, self._secret, algorithm="HS256")
            found["Authorization"] = f"Bearer {token}"
        return found

    def get(self, route: str, paths: Sequence[str], user: int | None = None) -> Case:
        """A route that is asked for each path in turn."""
        headers = self.headers(user)
        wanted = [Request(method="GET", path=path, headers=headers) for path in paths]
        return Case(route=f"GET {route}", requests=lambda: itertools.cycle(wanted))

    def send(
        self,
        route: str,
        path: str,
        user: int | None,
        bodies: Callable[[], Iterable[Any]],
        content: str = "application/json",
    ) -> Case:
        """A route that is sent each body in turn, in JSON unless it is bytes; a body may be `(path, body)`."""
        method, headers = route.split()[0], self.headers(user, content)

        def requests() -> Iterator[Request]:
            for each in bodies():
                where, body = each if isinstance(each, tuple) else (path, each)
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                yield Request(method=method, path=where, headers=headers, body=data)

        return Case(route=route, requests=requests)


def cases(database: Path, secret: str) -> list[Case]:
    """The requests for a database that the shop's seed has filled, signed with the service's secret."""
    connection = sqlite3.connect(database)

    def column(sql: str) -> list[Any]:
        return [row[0] for row in connection.execute(sql)]

    # every seventh, so that neighbours are not asked one after the other
    slugs = column("SELECT slug FROM products ORDER BY id * 7 % 1500, id LIMIT 200")
    kinds = column("SELECT slug FROM categories ORDER BY id")
    orders = column(f"SELECT id FROM orders WHERE user_id = {CUSTOMER} ORDER BY id LIMIT 50")
    parcels = column("SELECT tracking_number FROM shipments ORDER BY id * 7 % 6000, id LIMIT 200")
    address = column(f"SELECT id FROM addresses WHERE user_id = {CUSTOMER}")[0]
    # who came last has written hardly any review
    reviewer = column("SELECT max(id) FROM users")[0]
    unread = column(
        "SELECT slug FROM products WHERE id NOT IN "
        f"(SELECT product_id FROM reviews WHERE user_id = {reviewer}) ORDER BY id"
    )
    plenty = column("SELECT id FROM products ORDER BY stock DESC LIMIT 300")
    connection.close()
    pages = [f"?page={page}" for page in range(1, 21)]
    shop = Sender(secret)
    login = urlencode({"username": f"user{CUSTOMER}@example.com", "password": PASSWORD}).encode()

    def always(body: Any) -> Callable[[], Iterable[Any]]:
        return lambda: itertools.repeat(body)

    def numbered(make: Callable[[int], Any]) -> Callable[[], Iterable[Any]]:
        return lambda: map(make, itertools.count(1))

    def lines(number: int) -> list[dict[str, int]]:
        return [{"product_id": plenty[(3 * number + n) % len(plenty)], "quantity": 1} for n in range(3)]

    found = [
        shop.get("/categories", ["/categories"]),
        shop.get("/categories/{slug}/products", [f"/categories/{kind}/products" for kind in kinds]),
        shop.get("/suppliers", ["/suppliers"]),
        shop.get("/products", [f"/products{page}" for page in pages]),
        shop.get("/products/feed", ["/products/feed"]),
        shop.get("/products/{slug}", [f"/products/{slug}" for slug in slugs]),
        shop.get("/products/{slug}/price", [f"/products/{slug}/price?currency=USD" for slug in slugs]),
        shop.get(
            "/products/{slug}/stock-movements", [f"/products/{each}/stock-movements" for each in slugs], ADMIN
        ),
        shop.get("/products/{slug}/reviews", [f"/products/{slug}/reviews" for slug in slugs]),
        shop.get("/products/{slug}/rating", [f"/products/{slug}/rating" for slug in slugs]),
        shop.get("/reviews/latest", ["/reviews/latest"]),
        shop.get("/reviews/moderation", ["/reviews/moderation"], ADMIN),
        shop.get("/users/me", ["/users/me"], CUSTOMER),
        shop.get("/users/me/addresses", ["/users/me/addresses"], CUSTOMER),
        shop.get("/users/me/orders", ["/users/me/orders?page=1", "/users/me/orders?page=2"], CUSTOMER),
        shop.get("/users/{user_id}", [f"/users/{number}" for number in range(1, 200)]),
        shop.get("/orders", ["/orders"], ADMIN),
        shop.get("/orders/{order_id}", [f"/orders/{number}" for number in orders], CUSTOMER),
        shop.get("/orders/{order_id}/invoice", [f"/orders/{number}/invoice" for number in orders], CUSTOMER),
        shop.get("/shipping/zones", ["/shipping/zones"]),
        shop.get("/shipping/exchange-rates", ["/shipping/exchange-rates"]),
        shop.get("/shipping/status", ["/shipping/status"]),
        shop.get(
            "/shipping/pickup-points", [f"/shipping/pickup-points?postcode={n}" for n in range(10115, 10165)]
        ),
        shop.get(
            "/shipping/tracking/{tracking_number}", [f"/shipping/tracking/{parcel}" for parcel in parcels]
        ),
        *(
            shop.get(
                f"/shipping/orders/{{order_id}}/{what}",
                [f"/shipping/orders/{n}/{what}" for n in orders],
                CUSTOMER,
            )
            for what in ("quotes", "estimate", "shipments")
        ),
        shop.get("/reports/orders", ["/reports/orders"], ADMIN),
        shop.get("/reports/shipments", ["/reports/shipments"], ADMIN),
        shop.get("/reports/reviews", ["/reports/reviews"], ADMIN),
        shop.get(
            "/reports/sales", [f"/reports/sales?since=2024-{month:02}-01" for month in range(8, 13)], ADMIN
        ),
        shop.get("/reports/customers", ["/reports/customers"], ADMIN),
        shop.get("/admin/dashboard", ["/admin/dashboard"], ADMIN),
        shop.get("/admin/users", ["/admin/users"], ADMIN),
        shop.get("/admin/users/{user_id}", [f"/admin/users/{number}" for number in range(1, 200)], ADMIN),
        shop.get("/admin/orders", [f"/admin/orders{page}" for page in pages], ADMIN),
        shop.get("/admin/coupons", ["/admin/coupons"], ADMIN),
        shop.get("/uploads", ["/uploads"], ADMIN),
        shop.get("/uploads/{attachment_id}", ["/uploads/1"], ADMIN),
        shop.get("/uploads/{attachment_id}/checksum", ["/uploads/1/checksum"], ADMIN),
        shop.send(
            "POST /auth/login", "/auth/login", None, always(login), "application/x-www-form-urlencoded"
        ),
        shop.send("POST /auth/refresh", "/auth/refresh", CUSTOMER, always({})),
        shop.send(
            "POST /auth/password", "/auth/password", CUSTOMER, always({"current": PASSWORD, "new": PASSWORD})
        ),
        shop.send(
            "POST /auth/register",
            "/auth/register",
            None,
            numbered(
                lambda n: {"email": f"new{n}@example.org", "full_name": "Nina New", "password": PASSWORD}
            ),
        ),
        shop.send("PATCH /users/me", "/users/me", CUSTOMER, numbered(lambda n: {"full_name": f"Name {n}"})),
        shop.send(
            "POST /users/me/addresses",
            "/users/me/addresses",
            reviewer,
            always({"line1": "Street 1", "city": "Berlin", "postcode": "10115", "country": "DE"}),
        ),
        shop.send(
            "POST /orders/preview",
            "/orders/preview",
            None,
            numbered(lambda n: {"country": "DE", "lines": lines(n)}),
        ),
        shop.send(
            "POST /orders",
            "/orders",
            CUSTOMER,
            numbered(lambda n: {"address_id": address, "lines": lines(n)}),
        ),
        shop.send(
            "POST /products",
            "/products",
            ADMIN,
            numbered(
                lambda n: {
                    "sku": f"NEW-{n:06}",
                    "slug": f"new-{n}",
                    "name": "New",
                    "category_id": 3,
                    "supplier_id": 5,
                    "price_cents": 999,
                    "weight_grams": 400,
                }
            ),
        ),
        shop.send(
            "PATCH /products/{slug}",
            "",
            ADMIN,
            numbered(lambda n: (f"/products/{slugs[n % len(slugs)]}", {"price_cents": 1000 + n})),
        ),
        shop.send(
            "POST /products/{slug}/stock-movements",
            "",
            ADMIN,
            numbered(
                lambda n: (
                    f"/products/{slugs[n % len(slugs)]}/stock-movements",
                    {"quantity": 1, "reason": "delivery"},
                )
            ),
        ),
        msgspec.structs.replace(
            shop.send(
                "POST /products/{slug}/reviews",
                "",
                reviewer,
                lambda: (
                    (f"/products/{slug}/reviews", {"rating": 4, "title": "Good", "body": "It works."})
                    for slug in unread
                ),
            ),
            most=len(unread) // 2,
        ),
        shop.send(
            "POST /shipping/events",
            "/shipping/events",
            ADMIN,
            always({"tracking_number": "P000000001", "code": "sorted", "location": "Berlin"}),
        ),
        shop.send("POST /reports/stock", "/reports/stock", ADMIN, always({})),
        shop.send(
            "POST /admin/coupons",
            "/admin/coupons",
            ADMIN,
            numbered(
                lambda n: {"code": f"NEW{n:06}", "percent_off": 10, "expires_at": "2099-01-01T00:00:00"}
            ),
        ),
        shop.send("POST /uploads", "/uploads", CUSTOMER, always(UPLOAD), FORM),
        shop.send("PUT /uploads/avatar", "/uploads/avatar", CUSTOMER, always(UPLOAD), FORM),
    ]
    assert len({each.route for each in found}) == len(found)
    return found
