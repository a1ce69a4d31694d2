"""The second five of the ten schemas."""

from __future__ import annotations

import random

from .schema import Ask, Rows, Schema, moment, zipf


def _social(draw: random.Random) -> Rows:
    follows = {
        (one, other)
        for one, other in zip(zipf(draw, 6000, 40_000, 0.5), zipf(draw, 6000, 40_000, 0.9), strict=True)
        if one != other
    }
    return {
        "follows": sorted(follows),
        "posts": [(n, author, moment(n * 20), "post") for n, author in enumerate(zipf(draw, 6000, 20_000), 1)],
        "likes": [(n, user, draw.randint(1, 20_000)) for n, user in enumerate(zipf(draw, 6000, 20_000), 1)],
    }  # fmt: skip


SOCIAL = Schema(
    "social",
    """
    CREATE TABLE follows (follower_id INTEGER, followee_id INTEGER, PRIMARY KEY (follower_id, followee_id));
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, posted_at TIMESTAMP, body TEXT);
    CREATE TABLE likes (id INTEGER PRIMARY KEY, user_id INTEGER, post_id INTEGER);
    """,
    _social,
    [
        Ask("SELECT follower_id FROM follows WHERE followee_id = ?", (900,), 1000),
        Ask("SELECT followee_id FROM follows WHERE follower_id = ?", (900,), 3000, silent=True),
        Ask(
            "SELECT p.* FROM posts AS p JOIN follows AS f ON f.followee_id = p.author_id WHERE f.follower_id = ? "
            "ORDER BY p.posted_at DESC LIMIT 30",
            (4100,),
            900,
        ),
        Ask("SELECT * FROM likes WHERE user_id = ? OR post_id = ?", (3000, 77), 300),
    ],
    [
        ("follows", {("followee_id",)}),
        ("posts", {("author_id",), ("author_id", "posted_at")}),
        ("likes", {("user_id",)}),
        ("likes", {("post_id",)}),
    ],
)


def _bookings(draw: random.Random) -> Rows:
    bookings = []
    for n, room in enumerate(zipf(draw, 400, 50_000, 0.7), 1):
        start = draw.randrange(440_000)
        cancelled = moment(start) if draw.random() < 0.05 else None
        bookings.append((n, room, draw.randint(1, 5000), moment(start), moment(start + 7200), cancelled))
    return {"bookings": bookings}


BOOKINGS = Schema(
    "bookings",
    """
    CREATE TABLE bookings (id INTEGER PRIMARY KEY, room_id INTEGER, guest_id INTEGER, starts_at TIMESTAMP,
                           ends_at TIMESTAMP, cancelled_at TIMESTAMP);
    """,
    _bookings,
    [
        Ask(
            "SELECT id FROM bookings WHERE room_id = ? AND starts_at < ? AND ends_at > ? AND cancelled_at IS NULL",
            (30, moment(220_000), moment(210_000)),
            2000,
        ),
        Ask("SELECT * FROM bookings WHERE guest_id = ? AND cancelled_at IS NULL", (41,), 500),
        Ask("SELECT * FROM bookings WHERE cancelled_at IS NULL", (), 1, silent=True),
        Ask(
            "SELECT * FROM bookings WHERE starts_at BETWEEN ? AND ?", (moment(300_000), moment(303_000)), 300
        ),
    ],
    [
        (
            "bookings",
            {
                ("room_id",),
                ("room_id", "starts_at"),
                ("room_id", "cancelled_at"),
                ("room_id", "cancelled_at", "starts_at"),
                ("cancelled_at", "room_id", "starts_at"),
                ("cancelled_at", "room_id", "ends_at"),
            },
        ),
        ("bookings", {("guest_id",), ("guest_id", "cancelled_at"), ("cancelled_at", "guest_id")}),
        ("bookings", {("starts_at",)}),
    ],
    on_postgresql=True,
)


def _messaging(draw: random.Random) -> Rows:
    conversations = zipf(draw, 2500, 50_000, 0.9)
    members = {(draw.randint(1, 2500), user) for user in zipf(draw, 1500, 10_000, 0.8)}
    return {
        "members": sorted(members),
        "messages": [(n, place, draw.randint(1, 1500), moment(n * 9), draw.random() < 0.9, "hello")
                     for n, place in enumerate(conversations, 1)],
    }  # fmt: skip


MESSAGING = Schema(
    "messaging",
    """
    CREATE TABLE members (conversation_id INTEGER, user_id INTEGER, PRIMARY KEY (conversation_id, user_id));
    CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation_id INTEGER, sender_id INTEGER, sent_at TIMESTAMP,
                           was_read BOOLEAN, body TEXT);
    """,
    _messaging,
    [
        Ask(
            "SELECT * FROM messages WHERE conversation_id = ? AND (sent_at, id) < (?, ?) "
            "ORDER BY sent_at DESC, id DESC LIMIT 30",
            (20, moment(300_000), 33_000),
            3000,
        ),
        Ask("SELECT conversation_id FROM members WHERE user_id = ?", (70,), 900),
        Ask(
            "SELECT m.conversation_id, count(*) FROM messages AS m WHERE m.was_read = ? AND EXISTS (SELECT 1 FROM members AS p "
            "WHERE p.conversation_id = m.conversation_id AND p.user_id = ?) GROUP BY m.conversation_id",
            (False, 70),
            200,
        ),
        Ask("SELECT 1 FROM members WHERE conversation_id = ? AND user_id = ?", (20, 70), 900, silent=True),
        Ask("SELECT id, body FROM messages WHERE was_read = ?", (True,), 1, silent=True),
    ],
    [
        (
            "messages",
            {("conversation_id",), ("conversation_id", "sent_at"), ("conversation_id", "sent_at", "id")},
        ),
        ("members", {("user_id",)}),
    ],
    on_postgresql=True,
)


def _inventory(draw: random.Random) -> Rows:
    return {
        "stock": [(house, sku, draw.randint(0, 50)) for house in range(1, 13) for sku in range(1, 2001)],
        "movements": [(n, draw.randint(1, 12), sku, moment(n * 11), draw.randint(-5, 5))
                      for n, sku in enumerate(zipf(draw, 2000, 40_000), 1)],
    }  # fmt: skip


INVENTORY = Schema(
    "inventory",
    """
    CREATE TABLE stock (warehouse_id INTEGER, sku INTEGER, quantity INTEGER, PRIMARY KEY (warehouse_id, sku));
    CREATE TABLE movements (id INTEGER PRIMARY KEY, warehouse_id INTEGER, sku INTEGER, at TIMESTAMP, quantity INTEGER);
    """,
    _inventory,
    [
        Ask("SELECT * FROM stock WHERE sku = ?", (77,), 900),
        Ask("SELECT quantity FROM stock WHERE warehouse_id = ? AND sku = ?", (3, 77), 4000, silent=True),
        Ask("UPDATE stock SET quantity = quantity - ? WHERE sku = ? AND warehouse_id = ?", (1, 9, 2), 500, silent=True),
        Ask("SELECT * FROM movements WHERE warehouse_id = ? AND sku = ? ORDER BY at DESC LIMIT 10", (3, 20), 700),
        Ask("DELETE FROM movements WHERE at < ?", (moment(2000),), 5),
    ],
    [
        ("stock", {("sku",)}),
        ("movements", {("sku",), ("warehouse_id", "sku"), ("sku", "warehouse_id"), ("sku", "warehouse_id", "at"),
                       ("warehouse_id", "sku", "at")}),
        ("movements", {("at",)}),
    ],
)  # fmt: skip


_SYLLABLES = ("BAR", "OUGHT", "ABLE", "PRI", "PRES", "ESE", "ANTI", "CALLY", "ATION", "EING")


def _name(number: int) -> str:
    return "".join(_SYLLABLES[number // place % 10] for place in (100, 10, 1))


def _orders(draw: random.Random) -> Rows:
    """After TPC-C: warehouses, districts, customers with made-up last names, orders and their lines, at a small scale."""
    warehouses, districts, each = 2, 10, 300
    customers, orders, lines = [], [], []
    for house in range(1, warehouses + 1):
        for district in range(1, districts + 1):
            names = zipf(draw, 200, each, 0.6)
            customers += [
                (house, district, n, _name(names[n - 1]), f"first{draw.randrange(900)}", 10.0)
                for n in range(1, each + 1)
            ]
            for number, customer in enumerate(zipf(draw, each, 1500, 0.8), 1):
                orders.append((house, district, number, customer, moment(number * 250), draw.randint(1, 9)))
                lines += [(house, district, number, line, draw.randint(1, 800)) for line in (1, 2)]
    return {"customer": customers, "orders": orders, "order_line": lines}  # fmt: skip


TPCC = Schema(
    "tpcc",
    """
    CREATE TABLE customer (c_w_id INTEGER, c_d_id INTEGER, c_id INTEGER, c_last TEXT, c_first TEXT, c_balance REAL,
                           PRIMARY KEY (c_w_id, c_d_id, c_id));
    CREATE TABLE orders (o_w_id INTEGER, o_d_id INTEGER, o_id INTEGER, o_c_id INTEGER, o_entry_d TIMESTAMP,
                         o_carrier_id INTEGER, PRIMARY KEY (o_w_id, o_d_id, o_id));
    CREATE TABLE order_line (ol_w_id INTEGER, ol_d_id INTEGER, ol_o_id INTEGER, ol_number INTEGER, ol_i_id INTEGER,
                             PRIMARY KEY (ol_w_id, ol_d_id, ol_o_id, ol_number));
    """,
    _orders,
    [
        Ask("SELECT * FROM customer WHERE c_last = ? ORDER BY c_first", (_name(30),), 900),
        Ask(
            "SELECT o_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? ORDER BY o_id DESC LIMIT 1",
            (1, 4, 290),
            900,
        ),
        Ask("SELECT * FROM order_line WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ?", (1, 4, 88), 3000, silent=True),
        Ask("SELECT min(o_id) FROM orders WHERE o_w_id = ? AND o_d_id = ?", (2, 5), 900, silent=True),
        Ask("SELECT count(*) FROM order_line WHERE ol_i_id = ?", (44,), 300),
    ],
    [
        ("customer", {("c_last",), ("c_last", "c_first")}),
        ("orders", {("o_c_id",), ("o_w_id", "o_d_id", "o_c_id"), ("o_d_id", "o_c_id", "o_id"), ("o_c_id", "o_d_id", "o_w_id"),
                    ("o_c_id", "o_d_id", "o_id")}),
        ("order_line", {("ol_i_id",)}),
    ],
)  # fmt: skip
