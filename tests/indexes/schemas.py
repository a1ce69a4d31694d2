"""Ten schemas of services as they are written, with skewed data, and what such services ask of them."""

from __future__ import annotations

import random

from .more_schemas import BOOKINGS, INVENTORY, MESSAGING, SOCIAL, TPCC
from .schema import Ask, Rows, Schema, moment, zipf


def _shop(draw: random.Random) -> Rows:
    orders = 40_000
    buyers = zipf(draw, 12_000, orders)
    return {
        "customers": [(n, f"Buyer{n}@Example.com", f"Buyer {n}", n % 5 < 3) for n in range(1, 12_001)],
        "orders": [(n, buyer, draw.choice(["new", "paid", "paid", "sent"]), moment(draw.randrange(400_000)), n % 90)
                   for n, buyer in enumerate(buyers, 1)],
        "order_items": [(n, draw.randint(1, orders), product, n % 7)
                        for n, product in enumerate(zipf(draw, 500, 80_000), 1)],
        "countries": [(n, f"c{n}") for n in range(1, 200)],
    }  # fmt: skip


SHOP = Schema(
    "shop",
    """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(80), name TEXT, active BOOLEAN);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), status TEXT,
                         placed_at TIMESTAMP, total INTEGER);
    CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id), product_id INTEGER,
                              quantity INTEGER);
    CREATE TABLE countries (id INTEGER PRIMARY KEY, code TEXT);
    """,
    _shop,
    [
        Ask("SELECT * FROM orders WHERE customer_id = ? ORDER BY placed_at DESC LIMIT 20", (40,), 900),
        Ask(
            "SELECT i.* FROM order_items AS i JOIN orders AS o ON o.id = i.order_id WHERE o.id = ?",
            (77,),
            500,
        ),
        Ask(
            "SELECT id, name FROM customers WHERE lower(customers.email) = ?", ("buyer812@example.com",), 300
        ),
        Ask("SELECT * FROM orders WHERE id = ?", (812,), 5000, silent=True),
        Ask("SELECT id, email, name FROM customers WHERE active = ?", (True,), 10, silent=True),
        Ask("SELECT * FROM countries WHERE code = ?", ("c7",), 5000, silent=True),
        Ask("SELECT id FROM customers WHERE name LIKE ?", ("%7 7%",), 50, silent=True),
    ],
    [
        ("orders", {("customer_id",), ("customer_id", "placed_at")}),
        ("order_items", {("order_id",)}),
        ("customers", {("lower(email)",)}),
    ],
    on_postgresql=True,
)


def _blog(draw: random.Random) -> Rows:
    authors = zipf(draw, 800, 20_000)
    tagged = {(draw.randint(1, 20_000), tag) for tag in zipf(draw, 300, 40_000)}
    return {
        "posts": [(n, author, f"slug-{n}", f"Title {n}", draw.random() < 0.6, moment(draw.randrange(450_000)), "text " * 12)
                  for n, author in enumerate(authors, 1)],
        "post_tags": sorted(tagged),
    }  # fmt: skip


BLOG = Schema(
    "blog",
    """
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, slug TEXT UNIQUE, title TEXT, published BOOLEAN,
                        created_at TIMESTAMP, body TEXT);
    CREATE TABLE post_tags (post_id INTEGER REFERENCES posts (id), tag_id INTEGER, PRIMARY KEY (post_id, tag_id));
    """,
    _blog,
    [
        Ask(
            "SELECT id, title FROM posts WHERE published = ? ORDER BY created_at DESC LIMIT 10", (True,), 2000
        ),
        Ask(
            "SELECT p.id, p.title FROM posts AS p JOIN post_tags AS t ON t.post_id = p.id WHERE t.tag_id = ?",
            (120,),
            400,
        ),
        Ask("SELECT tag_id FROM post_tags WHERE post_id = ?", (55,), 3000, silent=True),
        Ask("SELECT * FROM posts WHERE slug = ?", ("slug-771",), 4000, silent=True),
        Ask("SELECT title, body FROM posts WHERE published = ?", (True,), 2, silent=True),
        Ask("SELECT count(*) FROM posts WHERE author_id = ? AND published = ?", (90, True), 200),
    ],
    [
        ("posts", {("created_at",), ("published", "created_at")}),
        ("post_tags", {("tag_id",)}),
        ("posts", {("author_id",), ("author_id", "published"), ("published", "author_id")}),
    ],
)


def _forum(draw: random.Random) -> Rows:
    threads = sorted(zipf(draw, 1500, 40_000, 0.9))
    first: dict[int, int] = {}
    comments = []
    authors = zipf(draw, 3000, 40_000)
    for n, thread in enumerate(threads, 1):
        begin = first.setdefault(thread, n)
        parent = draw.randint(begin, n - 1) if n > begin and draw.random() < 0.8 else None
        comments.append((n, thread, parent, authors[n - 1], moment(n * 10), "said"))
    return {"comments": comments}


FORUM = Schema(
    "forum",
    """
    CREATE TABLE comments (id INTEGER PRIMARY KEY, thread_id INTEGER, parent_id INTEGER REFERENCES comments (id),
                           author_id INTEGER, written_at TIMESTAMP, body TEXT);
    CREATE INDEX by_thread ON comments (thread_id, written_at);
    """,
    _forum,
    [
        Ask(
            "SELECT * FROM comments WHERE thread_id = ? ORDER BY written_at LIMIT 50", (3,), 3000, silent=True
        ),
        Ask("SELECT * FROM comments WHERE parent_id = ?", (812,), 2000),
        Ask(
            "WITH RECURSIVE below AS (SELECT id, body FROM comments WHERE id = ? UNION ALL "
            "SELECT c.id, c.body FROM comments AS c JOIN below AS b ON c.parent_id = b.id) SELECT * FROM below",
            (39_000,),
            50,
        ),
        Ask(
            "SELECT c.id, c.body FROM comments c WHERE c.author_id = ? ORDER BY c.written_at DESC, c.id DESC LIMIT 20",
            (50,),
            700,
        ),
    ],
    [
        ("comments", {("parent_id",)}),
        (
            "comments",
            {("author_id",), ("author_id", "written_at"), ("author_id", "written_at", "id")},
        ),
    ],
    on_postgresql=True,
)


def _saas(draw: random.Random) -> Rows:
    tenants = zipf(draw, 60, 60_000)
    return {
        "tenants": [(n, f"tenant {n}") for n in range(1, 61)],
        "tickets": [
            (n, tenant, n, draw.choices(["closed", "open", "waiting"], [85, 10, 5])[0], draw.randint(1, 400),
             moment(draw.randrange(450_000)))
            for n, tenant in enumerate(tenants, 1)
        ],
    }  # fmt: skip


SAAS = Schema(
    "saas",
    """
    CREATE TABLE tenants (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE tickets (id INTEGER PRIMARY KEY, tenant_id INTEGER REFERENCES tenants (id), number INTEGER, status TEXT,
                          assignee_id INTEGER, updated_at TIMESTAMP, UNIQUE (tenant_id, number));
    CREATE INDEX tickets_of_tenant ON tickets (tenant_id);
    """,
    _saas,
    [
        Ask(
            "SELECT * FROM tickets WHERE tenant_id = ? AND status = ? ORDER BY updated_at DESC LIMIT 25",
            (1, "open"),
            2000,
        ),
        Ask("SELECT * FROM tickets WHERE tenant_id = ? AND assignee_id = ?", (1, 17), 800),
        Ask("SELECT * FROM tickets WHERE tenant_id = ? AND number = ?", (1, 5), 4000, silent=True),
        Ask("SELECT * FROM tenants WHERE name = ?", ("tenant 7",), 4000, silent=True),
        Ask("UPDATE tickets SET status = ? WHERE tenant_id = ? AND assignee_id = ?", ("open", 2, 3), 20),
    ],
    [
        (
            "tickets",
            {("tenant_id", "status", "updated_at"), ("tenant_id", "updated_at"), ("status", "updated_at")},
        ),
        ("tickets", {("tenant_id", "assignee_id"), ("assignee_id",)}),
    ],
    on_postgresql=True,
)


def _events(draw: random.Random) -> Rows:
    devices = zipf(draw, 500, 50_000)
    return {
        "events": [(n, device, draw.choices(["beat", "error"], [98, 2])[0], moment(n * 9), draw.random())
                   for n, device in enumerate(devices, 1)],
    }  # fmt: skip


EVENTS = Schema(
    "events",
    """
    CREATE TABLE events (id INTEGER PRIMARY KEY, device_id INTEGER, kind TEXT, at TIMESTAMP, reading REAL);
    CREATE INDEX events_at ON events (at);
    """,
    _events,
    [
        Ask("SELECT max(at) FROM events WHERE device_id = ?", (300,), 1000),
        Ask(
            "SELECT * FROM events WHERE device_id = ? AND at >= ? AND at < ?",
            (90, moment(9000), moment(99_000)),
            400,
        ),
        Ask(
            "SELECT * FROM events WHERE at >= ? ORDER BY at LIMIT 100", (moment(440_000),), 3000, silent=True
        ),
        Ask("SELECT count(*) FROM events WHERE kind = ? AND at < ?", ("error", moment(400_000)), 100),
        Ask("SELECT * FROM events ORDER BY at DESC LIMIT 10", (), 900, silent=True),
    ],
    [
        ("events", {("device_id",)}),
        ("events", {("kind", "at"), ("kind",)}),
    ],
)


SCHEMAS = (SHOP, BLOG, FORUM, SAAS, EVENTS, SOCIAL, BOOKINGS, MESSAGING, INVENTORY, TPCC)
