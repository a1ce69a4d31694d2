"""Fills the database with made-up data, the same on every run: `python -m shop.seed --rows 150000`.

The database of SHOP_DATABASE_URL is brought to the newest migration first and must hold no users yet.
"""

import argparse
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, exists, func, insert, select, text

from shop.database import make_sync_engine
from shop.models import (
    Address,
    Attachment,
    Base,
    Category,
    Coupon,
    Order,
    OrderItem,
    Product,
    Review,
    Shipment,
    ShipmentEvent,
    StockMovement,
    Supplier,
    User,
)
from shop.security import hash_password
from shop.settings import get_settings

SEED = 20_250_701
EPOCH = datetime(2024, 7, 1)
SPAN_SECONDS = 365 * 24 * 3600
PASSWORD = "correct horse"

CATEGORIES = (
    "books food clothing shoes toys garden kitchen bathroom furniture lighting tools electronics computers "
    "phones audio photo sports bicycles outdoor beauty health pets stationery music"
).split()
ADJECTIVES = "small large light heavy red green blue grey folding quiet bright plain fine sturdy soft".split()
NOUNS = "lamp chair table bag kettle clock knife brush box rope cup pan shelf jacket radio stand".split()
FIRST_NAMES = (
    "Ada Ben Cleo Dina Emil Fay Gus Hana Ivo June Karl Lena Max Nora Omar Pia Quinn Rosa Sam Tess".split()
)
LAST_NAMES = (
    "Adler Brandt Costa Dubois Eriksen Falk Grant Holm Ito Jansen Klein Lund Moreau Novak Olsen".split()
)
CITIES = "Berlin Paris Wien Praha Oslo Roma Porto Gent Bern Malmo Dublin Lyon Turin Graz Brno".split()
COUNTRIES = "DE DE DE DE DE FR FR AT CH NL BE IT SE PL GB US".split()
WORDS = (
    "it works well and looks good but the box was late though i would buy this one again for my home".split()
)
CARRIERS = ("parcelo", "swiftly", "nordpak")
SCANS = ("collected", "sorted", "in-transit", "out-for-delivery", "delivered")

SHARES = {
    User: 0.020,
    Product: 0.010,
    Order: 0.050,
    OrderItem: 0.150,
    Review: 0.140,
    StockMovement: 0.290,
    Shipment: 0.040,
    ShipmentEvent: 0.270,
}

Rows = Iterable[tuple[Any, ...]]


class Generator:
    def __init__(self, rows: int) -> None:
        self.random = random.Random(SEED)
        self.number = {model: max(60, int(rows * share)) for model, share in SHARES.items()}
        self.references: list[str] = []
        self.prices: list[int] = []
        self.parcels: list[str] = []

    def skewed(self, count: int, power: float = 2.5) -> int:
        """A number from 1 to `count`, small ones far more often, as some customers and products are."""
        return 1 + int(count * self.random.random() ** power)

    def moment(self, position: int, count: int) -> datetime:
        """Times grow with the ids, with some jitter."""
        seconds = SPAN_SECONDS * position // count + self.random.randrange(3600)
        return EPOCH + timedelta(seconds=seconds)

    def users(self) -> Rows:
        password = hash_password(PASSWORD, salt=bytes(16))
        count = self.number[User]
        for n in range(1, count + 1):
            name = f"{self.random.choice(FIRST_NAMES)} {self.random.choice(LAST_NAMES)}"
            email = "admin@example.com" if n == 1 else f"user{n}@example.com"
            yield n, email, name, password, n == 1, None, self.moment(n, count)

    def addresses(self) -> Rows:
        number = itertools.count(1)
        for user in range(1, self.number[User] + 1):
            for _ in range(1 + self.random.choice((0, 0, 1))):
                yield (
                    next(number),
                    user,
                    f"Street {self.random.randrange(1, 200)}",
                    self.random.choice(CITIES),
                    f"{self.random.randrange(10_000, 99_999)}",
                    self.random.choice(COUNTRIES),
                )

    def categories(self) -> Rows:
        for n, slug in enumerate(CATEGORIES, 1):
            yield n, slug, slug.capitalize()

    def suppliers(self) -> Rows:
        for n in range(1, 41):
            yield n, f"{self.random.choice(LAST_NAMES)} {n} Ltd", self.random.choice(COUNTRIES)

    def products(self) -> Rows:
        count = self.number[Product]
        for n in range(1, count + 1):
            name = f"{self.random.choice(ADJECTIVES)} {self.random.choice(NOUNS)}".capitalize()
            self.prices.append(self.random.randrange(199, 49_999))
            yield (
                n,
                f"SKU-{n:06}",
                f"{name.lower().replace(' ', '-')}-{n}",
                name,
                " ".join(self.random.choices(WORDS, k=20)),
                self.skewed(len(CATEGORIES), 1.5),
                self.skewed(40, 1.5),
                self.prices[-1],
                self.random.randrange(50, 9_000),
                self.random.randrange(500, 2_000),
                self.moment(n, count),
            )

    def coupons(self) -> Rows:
        for n in range(1, 61):
            expired = n % 3 == 0
            yield n, f"SAVE{n:04}", 5 * (1 + n % 6), datetime(2024 if expired else 2099, 12, 31)

    def orders(self) -> Rows:
        count = self.number[Order]
        weights = {"shipped": 70, "paid": 15, "pending": 8, "cancelled": 7}
        statuses = self.random.choices(list(weights), list(weights.values()), k=count)
        first_address = self._first_addresses
        for n in range(1, count + 1):
            user = self.skewed(self.number[User])
            self.references.append(f"R{n:08}")
            coupon = self.random.randrange(1, 61) if self.random.random() < 0.1 else None
            yield (
                n,
                self.references[-1],
                user,
                first_address[user],
                coupon,
                statuses[n - 1],
                self.moment(n, count),
            )

    def order_items(self) -> Rows:
        orders, products = self.number[Order], self.number[Product]
        left = self.number[OrderItem] - orders
        for order in range(1, orders + 1):
            more = min(left, self.random.choice((0, 0, 1, 1, 2, 3, 4, 5)))
            left -= more
            for line in range(1, more + 2):
                product = self.skewed(products)
                yield order, line, product, self.random.choice((1, 1, 1, 2, 3)), self.prices[product - 1]

    def reviews(self) -> Rows:
        count, users, products = self.number[Review], self.number[User], self.number[Product]
        pairs: dict[tuple[int, int], None] = {}
        while len(pairs) < count:
            pairs[self.skewed(products, 1.8), self.skewed(users, 1.4)] = None
        for n, (product, user) in enumerate(pairs, 1):
            status = self.random.choices(("published", "pending", "rejected"), (95, 1, 4))[0]
            body = " ".join(self.random.choices(WORDS, k=self.random.randrange(5, 40)))
            rating = self.random.choice((1, 2, 3, 4, 4, 5, 5, 5))
            yield n, product, user, rating, " ".join(body.split()[:3]), body, status, self.moment(n, count)

    def stock_movements(self) -> Rows:
        count, products = self.number[StockMovement], self.number[Product]
        for n in range(1, count + 1):
            reason, sign = self.random.choice((("sale", -1), ("sale", -1), ("delivery", 20), ("return", 1)))
            yield (
                n,
                self.skewed(products, 1.8),
                sign * self.random.randrange(1, 5),
                reason,
                self.random.choice(self.references) if reason == "sale" else None,
                self.moment(n, count),
            )

    def attachments(self) -> Rows:
        number = itertools.count(1)
        for product in range(1, self.number[Product] + 1):
            for _ in range(self.random.choice((0, 1, 2))):
                n = next(number)
                size = self.random.randrange(20_000, 900_000)
                yield n, 1, product, f"photo-{n}.jpg", f"seed-{n}.jpg", "image/jpeg", size, "0" * 64, EPOCH

    def shipments(self) -> Rows:
        count, orders = self.number[Shipment], self.number[Order]
        for n in range(1, count + 1):
            self.parcels.append(f"P{n:09}")
            order = 1 + (n - 1) * orders // count
            yield n, order, self.random.choice(CARRIERS), self.parcels[-1], self.moment(n, count)

    def shipment_events(self) -> Rows:
        count, parcels = self.number[ShipmentEvent], len(self.parcels)
        for n in range(1, count + 1):
            parcel = self.parcels[(n - 1) * parcels // count]
            yield n, parcel, self.random.choice(SCANS), self.random.choice(CITIES), self.moment(n, count)

    def all(self) -> Iterator[tuple[type[Base], Rows]]:
        addresses = list(self.addresses())
        self._first_addresses = {user: number for number, user, *_ in reversed(addresses)}
        yield User, self.users()
        yield Address, addresses
        yield Category, self.categories()
        yield Supplier, self.suppliers()
        yield Product, self.products()
        yield Coupon, self.coupons()
        yield Order, self.orders()
        yield OrderItem, self.order_items()
        yield Review, self.reviews()
        yield StockMovement, self.stock_movements()
        yield Attachment, self.attachments()
        yield Shipment, self.shipments()
        yield ShipmentEvent, self.shipment_events()


def write_sqlite(connection: Connection, table: Table, rows: Rows) -> int:
    names = [column.name for column in table.columns]
    batch = [dict(zip(names, row, strict=True)) for row in rows]
    connection.execute(insert(table), batch)
    return len(batch)


def write_postgresql(connection: Connection, table: Table, rows: Rows) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    written = 0
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
            written += 1
    if "id" in table.columns:
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
    return written


def fill(engine: Engine, rows: int) -> Counter[str]:
    """Writes about `rows` rows into empty tables; how many by table."""
    write: Callable[[Connection, Table, Rows], int]
    write = write_postgresql if engine.dialect.name == "postgresql" else write_sqlite
    written: Counter[str] = Counter()
    with engine.begin() as connection:
        for model, rows_of_table in Generator(rows).all():
            table = Base.metadata.tables[model.__tablename__]
            written[table.name] = write(connection, table, rows_of_table)
        connection.execute(text("ANALYZE"))
    return written


def migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m shop.seed", description="Fill the shop with made-up data."
    )
    parser.add_argument(
        "--rows", type=int, default=150_000, help="about how many rows (default: %(default)s)"
    )
    rows = parser.parse_args().rows
    started = time.perf_counter()
    engine = make_sync_engine(get_settings().sync_database_url)
    try:
        migrate(engine)
        with engine.connect() as connection:
            if connection.scalar(select(exists().where(User.id > 0))):
                print(
                    "The database holds data already: give SHOP_DATABASE_URL an empty one.", file=sys.stderr
                )
                return 1
        written = fill(engine, rows)
    finally:
        engine.dispose()
    for table, number in written.items():
        print(f"{number:>9,}  {table}")
    print(f"{written.total():>9,}  rows in {time.perf_counter() - started:.1f} s")
    print(f"Log in as admin@example.com or user2@example.com, password: {PASSWORD}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
