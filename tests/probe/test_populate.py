"""Rows made for the tables of real apps: SQLite, with and without a loop."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .runner import Runner

ASGI = """
async def app(scope, receive, send):
    raise NotImplementedError
"""
"""An app that knows of no lifespan, as one that raises when asked for it."""

HEAD = """
import datetime as dt, enum, uuid, decimal
from typing import Any, Literal, Optional
from sqlalchemy import *
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
engine = create_engine("sqlite:///shop.db")
"""
CREATE = "\nBase.metadata.create_all(engine)\n" + ASGI


def populate(
    runner: Runner,
    *more: str,
    rows: int = 200,
    url: str = "sqlite:///shop.db",
    status: int = 0,
    seed: int = 7,
) -> dict[str, Any]:
    """Run the program; its report, tables by name."""
    path = runner.folder / "report.json"
    path.unlink(missing_ok=True)
    databases = ["sqlite"] if not url or url.startswith("sqlite") else [url]
    arguments = ["service:app", f"--rows={rows}", f"--seed={seed}", f"--report={path}", *more]
    if url:
        arguments.append(f"--url={url}")
    run = runner.run(
        "-m",
        "pitstop_probe.populate",
        *arguments,
        status=status,
        databases=databases,
        seed=7,
        epoch=1_790_000_000,
    )
    assert not run.faults
    report: dict[str, Any] = json.loads(path.read_text())
    report["tables"] = {table["name"]: table for table in report["tables"]}
    return report


def ask(runner: Runner, sql: str, name: str = "shop.db") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(runner.root / name)) as connection:
        return connection.execute(sql).fetchall()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


SHOP = HEAD + """
class Role(str, enum.Enum):
    ADMIN = "admin"
    USER = "user"

class Guid(TypeDecorator):
    impl = CHAR(36)
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return None if value is None else str(uuid.UUID(str(value)))
    def process_result_value(self, value, dialect):
        return None if value is None else uuid.UUID(value)

class Utc(TypeDecorator):
    impl = DateTime
    cache_ok = True
    def process_bind_param(self, value, dialect):
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(30))
    name: Mapped[str]
    role: Mapped[Role]
    plan: Mapped[Literal["free", "paid"]] = mapped_column(String(10))
    is_active: Mapped[bool] = mapped_column(default=True)
    favourite_id: Mapped[Optional[int]] = mapped_column(ForeignKey("products.id", use_alter=True, name="fk_favourite"))
    created_at: Mapped[dt.datetime] = mapped_column(Utc)
    updated_at: Mapped[dt.datetime] = mapped_column(Utc)
    deleted_at: Mapped[Optional[dt.datetime]]
    __table_args__ = (Index("ix_email", func.lower(email.column), unique=True),)

class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[uuid.UUID] = mapped_column(Guid, primary_key=True, default=uuid.uuid4)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    settings: Mapped[dict] = mapped_column(JSON, default=dict)
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    avatar_url: Mapped[Optional[str]] = mapped_column(String(60))

class Category(Base):
    __tablename__ = "categories"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(20), unique=True)
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("categories.id"))

class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    sku: Mapped[str] = mapped_column(String(8), unique=True)
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(6, 2))
    low: Mapped[int]
    high: Mapped[int]
    double: Mapped[int] = mapped_column(Computed("low * 2"))
    size: Mapped[str] = mapped_column(Enum("S", "M", "L", name="size", native_enum=False, create_constraint=True))
    code: Mapped[str]
    weight: Mapped[Optional[int]]
    volume: Mapped[Optional[int]]
    main: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        CheckConstraint("price > 5 AND price <= 20"),
        CheckConstraint("low < high"),
        CheckConstraint("high BETWEEN 10 AND 30"),
        CheckConstraint("length(code) = 3 AND code = upper(code)"),
        CheckConstraint("(weight IS NULL) <> (volume IS NULL)"),
        Index("ix_main", "category_id", unique=True, sqlite_where=text("main = 1")),
    )

class Line(Base):
    __tablename__ = "lines"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    quantity: Mapped[int] = mapped_column(SmallInteger)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(String(20), default="open")
    kind: Mapped[str]
    starts: Mapped[dt.date]
    ends: Mapped[dt.date]
    __table_args__ = (CheckConstraint("ends > starts"), CheckConstraint("kind IN ('gift', 'own')"))

class Shipment(Base):
    __tablename__ = "shipments"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    took: Mapped[dt.timedelta]
    at: Mapped[dt.time]
    label: Mapped[bytes]
    __table_args__ = (ForeignKeyConstraint(["order_id", "position"], ["lines.order_id", "lines.position"]),)

Table("likes", Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("product_id", ForeignKey("products.id"), primary_key=True))
Table("follows", Base.metadata,
    Column("a", ForeignKey("users.id"), primary_key=True),
    Column("b", ForeignKey("users.id"), primary_key=True),
    CheckConstraint("a <> b"))
""".replace("func.lower(email.column)", 'text("lower(email)")')  # fmt: skip


def test_a_whole_shop(runner: Runner) -> None:
    runner.write("service.py", SHOP + CREATE)
    report = populate(runner, rows=1_000)
    assert not report["created"]
    assert {name: (table["after"], table["reason"]) for name, table in report["tables"].items()} == {
        "users": (1_000, ""),
        "profiles": (1_000, ""),
        "categories": (50, ""),
        "products": (1_000, ""),
        "orders": (1_000, ""),
        "lines": (1_000, ""),
        "shipments": (1_000, ""),
        "likes": (1_000, ""),
        "follows": (1_000, ""),
    }
    assert ask(runner, "PRAGMA foreign_key_check") == []
    assert ask(runner, "PRAGMA integrity_check") == [("ok",)]
    ((roles, mails, longest),) = ask(
        runner, "SELECT count(DISTINCT role), count(DISTINCT lower(email)), max(length(email)) FROM users"
    )
    assert (roles, mails, longest <= 30) == (2, 1_000, True)
    assert {plan for (plan,) in ask(runner, "SELECT DISTINCT plan FROM users")} == {"free", "paid"}
    assert ask(runner, "SELECT count(*) FROM users WHERE created_at > updated_at") == [(0,)]
    ((active, gone, favoured),) = ask(
        runner,
        "SELECT avg(is_active), avg(deleted_at IS NOT NULL), avg(favourite_id IS NOT NULL) FROM users",
    )
    assert 0.9 < active < 1 and 0 < gone < 0.15 and 0.5 < favoured < 1  # noqa: PT018
    assert ask(runner, "SELECT DISTINCT status FROM orders") == [("open",)]
    assert ask(runner, "SELECT count(*) FROM products WHERE main = 1")[0][0] > 0
    assert {extra for (extra,) in ask(runner, "SELECT DISTINCT extra FROM profiles")} == {"{}"}


def test_few_parents_have_many_children_and_lines_are_counted_from_one(runner: Runner) -> None:
    runner.write("service.py", SHOP + CREATE)
    populate(runner, rows=2_000)
    counts = [
        count for (count,) in ask(runner, "SELECT count(*) c FROM orders GROUP BY user_id ORDER BY c DESC")
    ]
    assert counts[0] > 10 * sum(counts) / len(counts)
    assert len(counts) > 1_000
    gaps = (
        "SELECT count(*) FROM (SELECT max(position) m, count(*) c FROM lines GROUP BY order_id) WHERE m <> c"
    )
    assert ask(runner, gaps) == [(0,)]
    roots, deep = ask(
        runner,
        "SELECT count(*) FROM categories WHERE parent_id IS NULL UNION ALL "
        "SELECT count(*) FROM categories a JOIN categories b ON a.parent_id = b.id JOIN categories c ON b.parent_id = c.id",
    )
    assert roots[0] < 50
    assert deep[0] > 0


def test_the_same_seed_gives_the_same_rows(runner: Runner) -> None:
    runner.write("service.py", SHOP + CREATE)
    database, dumps = runner.root / "shop.db", []
    for seed in (7, 7, 8):
        database.unlink(missing_ok=True)
        populate(runner, seed=seed)
        dumps.append(dump(database))
    assert dumps[0] == dumps[1]
    assert dumps[0] != dumps[2]


def test_rows_that_are_there_stay_count_and_lend_their_values(runner: Runner) -> None:
    seeds = """
    from sqlalchemy.orm import Session
    with Session(engine) as session:
        if not session.scalar(select(func.count()).select_from(User)):
            session.add_all([User(id=n + 5, email=f"me{n}@x.org", name="Me", role=Role.USER, plan="free",
                created_at=dt.datetime.now(dt.timezone.utc), updated_at=dt.datetime.now(dt.timezone.utc)) for n in range(3)])
            session.flush()
            session.add_all([Order(user_id=6, number=f"N{n}", status="late" if n % 4 else "new", kind="gift",
                starts=dt.date(2024, 1, 1), ends=dt.date(2024, 1, 2)) for n in range(40)])
            session.commit()
    """
    create = CREATE.replace(ASGI, "") + seeds.replace("\n    ", "\n") + ASGI
    runner.write("service.py", SHOP + create)
    report = populate(runner)
    assert (report["tables"]["users"]["before"], report["tables"]["users"]["after"]) == (3, 200)
    assert (report["tables"]["orders"]["before"], report["tables"]["orders"]["after"]) == (40, 200)
    assert ask(runner, "SELECT id, email FROM users ORDER BY id LIMIT 4")[:3] == [
        (5, "me0@x.org"), (6, "me1@x.org"), (7, "me2@x.org")
    ]  # fmt: skip
    found = Counter(status for (status,) in ask(runner, "SELECT status FROM orders WHERE id > 40"))
    assert set(found) == {"late", "new"}
    assert found["late"] > found["new"]
    again = populate(runner)
    assert {table["after"] - table["before"] for table in again["tables"].values()} == {0}


def test_a_table_that_the_database_refuses_is_told_in_its_words(runner: Runner) -> None:
    triggers = """
with engine.begin() as connection:
    connection.execute(text("CREATE TRIGGER no BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'orders are closed'); END"))
    connection.execute(text("CREATE TRIGGER odd BEFORE INSERT ON products WHEN new.id % 7 = 0 BEGIN SELECT RAISE(ABORT, 'seven'); END"))
"""
    runner.write("service.py", SHOP + CREATE.replace(ASGI, "") + triggers + ASGI)
    report = populate(runner)
    orders, lines, products = (report["tables"][name] for name in ("orders", "lines", "products"))
    assert (orders["after"], orders["wanted"]) == (0, 200)
    assert "orders are closed" in orders["reason"]
    assert (lines["after"], lines["reason"]) == (0, "there is no row of orders to refer to")
    assert products["after"] == 200
    assert "seven" in products["reason"]
    assert "Traceback" not in runner.output


def test_what_only_the_database_knows_is_respected(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int]
    code: Mapped[str]
    weight: Mapped[int]
    mode: Mapped[str]
    gone: Mapped[str]
class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str]
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE shelf (id INTEGER PRIMARY KEY, room TEXT NOT NULL)"))
    connection.execute(text('''CREATE TABLE items (id INTEGER PRIMARY KEY, shelf_id INTEGER NOT NULL REFERENCES shelf (id),
        code TEXT NOT NULL, weight INTEGER NOT NULL CONSTRAINT heavy CHECK (weight > 5000), mode TEXT NOT NULL,
        CONSTRAINT known CHECK (mode IN ('x', 'y')), UNIQUE (code))'''))
"""
        + ASGI,
    )
    report = populate(runner)
    assert report["tables"]["items"] == {
        "name": "items", "before": 0, "after": 200, "wanted": 200, "reason": ""
    }  # fmt: skip
    assert ask(runner, "PRAGMA foreign_key_check") == []
    ((codes, lightest, modes),) = ask(
        runner, "SELECT count(DISTINCT code), min(weight), count(DISTINCT mode) FROM items"
    )
    assert (codes, lightest > 5_000, modes) == (200, True, 2)


def test_references_by_name_alone_tables_without_rows_and_unknown_types(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
class Odd(UserDefinedType := __import__("sqlalchemy.types").types.UserDefinedType):
    cache_ok = True
    def get_col_spec(self, **kw): return "BLOB"
Table("users", Base.metadata, Column("id", Integer, primary_key=True), Column("email", String, unique=True))
Table("posts", Base.metadata, Column("id", Integer, primary_key=True), Column("user_id", Integer), Column("odd", Odd()))
Table("odd", Base.metadata, Column("id", Integer, primary_key=True), Column("odd", Odd(), nullable=False))
Table("limits", Base.metadata, Column("id", Integer, CheckConstraint("id = 1"), primary_key=True), Column("most", Integer))
Table("days", Base.metadata, Column("id", Integer, primary_key=True), Column("day", Enum("mo", "tu"), unique=True))
"""
        + CREATE,
    )
    report = populate(runner, "--grow=posts=70", "--grow=nothing=3")
    tables = report["tables"]
    assert tables["posts"]["after"] == 70
    assert ask(runner, "SELECT count(*) FROM posts WHERE user_id NOT IN (SELECT id FROM users)") == [(0,)]
    assert ask(runner, "SELECT count(*) FROM posts WHERE odd IS NOT NULL") == [(0,)]
    assert tables["odd"]["reason"] == "nothing is known of the type Odd of odd, which may not be NULL"
    assert tables["limits"]["after"] == 1
    assert tables["limits"]["reason"] == "no further rows differ in (id), which must be unique"
    assert (tables["days"]["after"], tables["days"]["reason"]) == (
        2,
        "no further rows differ in (day), which must be unique",
    )
    assert report["skipped"] == [
        {"subject": "nothing", "reason": "the app has no such table in this database"}
    ]


def test_what_may_be_referred_to_once_is_not_left_open(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
def pair(name, *checks):
    Table(name, Base.metadata, Column("id", Integer, *checks, primary_key=True))
    Table(name + "_of", Base.metadata, Column("id", Integer, primary_key=True),
          Column("one", ForeignKey(name + ".id"), unique=True))
pair("filters")
pair("marks", CheckConstraint("id BETWEEN 1 AND 3"))
pair("stamps", CheckConstraint("id BETWEEN 1 AND 3"))
"""
        + CREATE.replace(ASGI, "")
        + """
with engine.begin() as connection:
    connection.execute(text("INSERT INTO stamps_of (id) VALUES (1)"))
"""
        + ASGI,
    )
    tables = populate(runner)["tables"]
    assert {name: (table["after"], table["wanted"]) for name, table in tables.items()} == {
        "filters": (200, 200), "filters_of": (200, 200),
        "marks": (3, 200), "marks_of": (3, 200),
        "stamps": (3, 200), "stamps_of": (200, 200),
    }  # fmt: skip
    assert tables["marks_of"]["reason"] == "there is no row of marks left to refer to"
    counts = "SELECT (SELECT count(one) FROM filters_of), (SELECT count(one) FROM marks_of), (SELECT count(one) FROM stamps_of)"
    assert ask(runner, counts) == [(200, 3, 3)]


def test_classes_of_one_hierarchy(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind"}
class Cat(Animal):
    __tablename__ = "cats"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    lives: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "cat"}
class Dog(Animal):
    __mapper_args__ = {"polymorphic_identity": "dog"}
"""
        + CREATE,
    )
    populate(runner)
    runner.run(
        "-c",
        "from sqlalchemy.orm import Session\nimport service as s\n"
        "with Session(s.engine) as session:\n"
        "    animals = session.scalars(s.select(s.Animal)).all()\n"
        "    print(len(animals), sorted({type(each).__name__ for each in animals}))\n"
        "    print(all(each.lives >= 0 for each in animals if isinstance(each, s.Cat)))\n",
    )
    assert runner.output.splitlines() == ["100 ['Cat', 'Dog']", "True"]
    cats = ask(runner, "SELECT id FROM cats ORDER BY id")
    assert cats == ask(runner, "SELECT id FROM animals WHERE kind = 'cat' ORDER BY id")
    assert 0 < len(cats) < 100


def test_a_fastapi_app_whose_start_up_makes_the_tables(runner: Runner) -> None:
    runner.write(
        "service.py",
        """
        from contextlib import asynccontextmanager
        from fastapi import Depends, FastAPI
        from pydantic import BaseModel, EmailStr, HttpUrl
        from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
        from sqlmodel import Field, SQLModel, select
        from datetime import datetime

        class Reader(SQLModel, table=True):
            id: int | None = Field(default=None, primary_key=True)
            email: str = Field(unique=True, max_length=40)
            joined_at: datetime
            age: int = Field(ge=30, lt=33)
            zip: str = Field(regex=r"^[A-Z]{2}-[0-9]{3}$")
        class Book(SQLModel, table=True):
            id: int | None = Field(default=None, primary_key=True)
            title: str = Field(max_length=25)
            reader_id: int | None = Field(default=None, foreign_key="reader.id")

        engine = create_async_engine("sqlite+aiosqlite:///shop.db")

        @asynccontextmanager
        async def lifespan(app):
            async with engine.begin() as connection:
                await connection.run_sync(SQLModel.metadata.create_all)
            yield
        app = FastAPI(lifespan=lifespan)

        class ReaderOut(BaseModel):
            email: str
            age: int = Field(ge=30, le=40)
            zip: str = Field(pattern=r"^[A-Z]{2}-[0-9]{3}$")

        @app.get("/readers")
        async def readers() -> list[ReaderOut]:
            async with AsyncSession(engine) as session:
                rows = (await session.execute(select(Reader))).scalars().all()
                return [ReaderOut(**row.model_dump()) for row in rows]
        """.replace(
            "Field(ge=30, le=40)\n            zip: str = Field(pattern",
            "Field(ge=30, le=40)\n            zip: str = Field(regex",
        ),
    )
    report = populate(runner, url="sqlite+aiosqlite:///shop.db")
    assert {name: table["after"] for name, table in report["tables"].items()} == {"reader": 100, "book": 200}
    assert not report["created"]
    run = runner.requests("service:app", "GET /readers")
    assert run.exchanges[0].status == 200
    assert ask(runner, "SELECT max(length(title)) <= 25 FROM book") == [(1,)]


OPTIONAL = """
class Optional_:
    @property
    def __class__(self):
        raise ImportError("No module named 'numpy'")

numpy = Optional_()
"""
"""What stands for a package that is imported when it is first asked for anything, and is not installed."""


def test_tables_that_nobody_made_are_made(runner: Runner) -> None:
    runner.write("service.py", SHOP + ASGI + OPTIONAL)
    report = populate(runner, url="")
    assert report["created"]
    assert report["tables"]["likes"]["after"] == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import sqlite3\n", "does not use SQLAlchemy"),
        ("import sqlalchemy\n", "none of the app's modules holds a table"),
        ("from sqlalchemy.ext.declarative import declarative_base\nBase = declarative_base()\n", "none of the app's"),
        (HEAD.replace("sqlite:///shop.db", "sqlite:////var/never/shop.db") + 'Table("a", Base.metadata, Column("id", Integer))', "refused"),
    ],
)  # fmt: skip
def test_a_service_that_cannot_be_populated(runner: Runner, text: str, said: str) -> None:
    runner.write("service.py", "import warnings\nwarnings.simplefilter('ignore')\n" + text + ASGI)
    url = "sqlite:////var/never/shop.db" if "never" in text else "sqlite:///shop.db"
    report = populate(runner, status=3, url=url)
    assert said in report["error"]
    assert "Traceback" not in runner.output


def test_an_app_that_cannot_be_imported(runner: Runner) -> None:
    runner.write("service.py", "import not_there_at_all\n")
    with pytest.raises(FileNotFoundError):
        populate(runner, status=3)
    assert "not_there_at_all" in runner.output


def test_nothing_is_written_without_the_guard(runner: Runner) -> None:
    runner.write("service.py", SHOP + CREATE)
    runner.run("-m", "pitstop_probe.populate", "service:app", "--rows=5", "--report=r.json", status=2)
    assert "guards" in runner.output
    assert not (runner.root / "shop.db").exists()


def test_start_up_that_fails_is_told_and_passed_over(runner: Runner) -> None:
    app = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no cache"})
"""
    runner.write("service.py", SHOP + "\nBase.metadata.create_all(engine)\n" + app)
    report = populate(runner, rows=10)
    assert report["skipped"] == [{"subject": "start-up", "reason": "the app did not start: no cache"}]
    assert report["tables"]["orders"]["after"] == 10


def test_circles_and_keys_that_share_a_column(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
@event.listens_for(engine, "connect")
def enforce(connection, _record):
    connection.execute("PRAGMA foreign_keys = ON")
Table("tenants", Base.metadata, Column("id", Integer, primary_key=True), Column("email", String))
Table("members", Base.metadata,
    Column("tenant_id", ForeignKey("tenants.id"), primary_key=True), Column("number", Integer, primary_key=True))
Table("tasks", Base.metadata, Column("id", Integer, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False), Column("parent_id", Integer), Column("number", Integer, nullable=False),
    ForeignKeyConstraint(["tenant_id", "number"], ["members.tenant_id", "members.number"]),
    ForeignKeyConstraint(["tenant_id", "parent_id"], ["tasks.tenant_id", "tasks.id"]), UniqueConstraint("tenant_id", "id"))
Table("boxes", Base.metadata, Column("id", Integer, primary_key=True), Column("lid_id", ForeignKey("lids.id"), nullable=False))
Table("lids", Base.metadata, Column("id", Integer, primary_key=True), Column("box_id", ForeignKey("boxes.id"), nullable=False))
Table("nodes", Base.metadata, Column("id", Integer, primary_key=True), Column("up_id", ForeignKey("nodes.id"), nullable=False))
Table("holidays", Base.metadata, Column("id", Integer, primary_key=True), Column("date", Date, unique=True), Column("at", DateTime, unique=True))
"""
        + CREATE,
    )
    report = populate(runner, rows=1_500)
    assert {name: table["reason"] for name, table in report["tables"].items() if table["reason"]} == {}
    assert {table["after"] == table["wanted"] for table in report["tables"].values()} == {True}
    assert ask(runner, "PRAGMA foreign_key_check") == []
    assert ask(runner, "SELECT count(*) > 1000 FROM tasks WHERE parent_id IS NOT NULL") == [(1,)]
    assert ask(runner, "SELECT count(*) BETWEEN 1 AND 20 FROM nodes WHERE id = up_id") == [(1,)]
    assert ask(runner, "SELECT count(DISTINCT lid_id) > 20 FROM boxes") == [(1,)]


def test_tables_that_cannot_be_made_are_told_and_the_others_made(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
Table("b", Base.metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id"), nullable=False))
Table("a", Base.metadata, Column("id", Integer, primary_key=True))
Table("never", Base.metadata, Column("id", Integer, primary_key=True), Column("x", Integer, CheckConstraint("x >")))
"""
        + ASGI,
    )
    report = populate(runner, rows=30)
    assert {name: table["after"] for name, table in report["tables"].items()} == {"a": 30, "b": 30}
    assert [each["subject"] for each in report["skipped"]] == ["never"]
    assert "syntax error" in report["skipped"][0]["reason"]


def test_an_enum_that_only_the_annotation_names(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
class SeatEnum(enum.StrEnum if hasattr(enum, "StrEnum") else enum.Enum):
    LEFT = "left side"
    RIGHT = "right side"
class Level(enum.Enum):
    LOW = 1
class Row(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[SeatEnum] = mapped_column(String(20))
    other: Mapped[Optional[SeatEnum]] = mapped_column(String(20), nullable=False)
    level: Mapped[Level] = mapped_column(String(20))
"""
        + CREATE,
    )
    populate(runner, rows=50)
    assert ask(runner, "SELECT DISTINCT place FROM seats ORDER BY 1") == [("left side",), ("right side",)]
    assert ask(runner, "SELECT count(*) FROM seats WHERE other NOT IN ('left side', 'right side')") == [(0,)]
    assert ask(runner, "SELECT count(*) FROM seats WHERE level = '1'") == [(0,)], (
        "what is no text is no value of it"
    )


def test_types_that_take_values_in_forms_of_their_own(runner: Runner) -> None:
    runner.write(
        "service.py",
        HEAD
        + """
import json
class Plan(enum.Enum):
    A = 1
    B = 2
class Choice(TypeDecorator):
    impl = String
    cache_ok = True
    enum_class = Plan
    def process_bind_param(self, value, dialect): return value.name
    def process_result_value(self, value, dialect): return Plan[value]
class JsonText(TypeDecorator):
    impl = Text
    cache_ok = True
    def process_bind_param(self, value, dialect): return json.dumps(value)
    def process_result_value(self, value, dialect): return json.loads(value)
class Cents(TypeDecorator):
    impl = Integer
    cache_ok = True
    def process_bind_param(self, value, dialect): return int(value.quantize(decimal.Decimal("0.01")) * 100)
    def process_result_value(self, value, dialect): return decimal.Decimal(value) / 100
class Never(TypeDecorator):
    impl = Integer
    cache_ok = True
    def process_bind_param(self, value, dialect): raise ValueError("nothing will do")
class Row(Base):
    __tablename__ = "forms"
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[Plan] = mapped_column(Choice)
    body: Mapped[dict] = mapped_column(JsonText)
    money: Mapped[decimal.Decimal] = mapped_column(Cents)
    pickled: Mapped[Any] = mapped_column(PickleType)
    made: Mapped[Any] = mapped_column(Never, server_default="3")
    left: Mapped[Optional[Any]] = mapped_column(Never)
    shape = mapped_column(JSON)
    names: Mapped[list[str]] = mapped_column(JSON)
    maybe: Mapped[Optional[dict]] = mapped_column(JSON)
    parts = mapped_column(JSON, nullable=False)
    token: Mapped[str] = mapped_column(default=lambda: "tok")
    took: Mapped[dt.timedelta]
    exact: Mapped[Any] = mapped_column(Numeric(4, 4))
    level: Mapped[int] = mapped_column(server_default=text("3"))
    note: Mapped[str] = mapped_column(server_default="as ever")
"""
        + CREATE,
    )
    report = populate(runner, rows=50)
    assert report["tables"]["forms"]["reason"] == ""
    documents = "SELECT DISTINCT shape IS NULL, names, maybe IS NULL, parts FROM forms"
    assert ask(runner, documents) == [(1, "[]", 1, "[]")]
    runner.run(
        "-c",
        "from sqlalchemy.orm import Session\nimport service as s\n"
        "with Session(s.engine) as session:\n"
        "    rows = session.scalars(s.select(s.Row)).all()\n"
        "    print(len(rows), {type(r.plan).__name__ for r in rows}, {repr(r.body) for r in rows}, {repr(r.pickled) for r in rows})\n"
        "    print({type(r.money).__name__ for r in rows}, {r.made for r in rows}, {r.left for r in rows}, {r.token for r in rows})\n"
        "    print({type(r.took).__name__ for r in rows}, all(0 <= r.exact < 1 for r in rows), {r.level for r in rows} <= {1, 2, 3, 4, 5}, {r.note for r in rows})\n",
    )
    assert runner.output.splitlines() == [
        "50 {'Plan'} {'{}'} {'{}'}",
        "{'Decimal'} {3} {None} {'tok'}",
        "{'timedelta'} True True {'as ever'}",
    ]
