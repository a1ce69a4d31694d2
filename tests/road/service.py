"""A tiny real service for the whole road: two repairable problems, their good twins, and a suite of its own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

TABLES = """\
    from sqlalchemy import ForeignKey, create_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


    class Base(DeclarativeBase):
        pass


    class Customer(Base):
        __tablename__ = "customers"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]


    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
        total: Mapped[int]
"""

MAIN = """\
    from collections.abc import Iterator
    from typing import Any

    from fastapi import Depends, FastAPI
    from pydantic import BaseModel
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from .tables import Customer, Order, engine

    app = FastAPI()


    class Tag(BaseModel):
        name: str
        weight: int
        colour: str


    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened


    @app.get("/orders")
    def orders(db: Session = Depends(session)) -> list[dict[str, Any]]:
        found = []
        for order in db.scalars(select(Order).order_by(Order.id)).all():
            customer = db.scalars(select(Customer).where(Customer.id == order.customer_id)).first()
            found.append({"id": order.id, "total": order.total, "customer": customer.name if customer else None})
        return found


    @app.get("/orders-at-once")
    def orders_at_once(db: Session = Depends(session)) -> list[dict[str, Any]]:
        rows = db.execute(
            select(Order, Customer).join(Customer, Customer.id == Order.customer_id).order_by(Order.id)
        ).all()
        return [{"id": order.id, "total": order.total, "customer": customer.name} for order, customer in rows]


    @app.get("/tags")
    def tags():
        return [Tag(name=f"tag {number}", weight=number, colour="red") for number in range(400)]


    @app.get("/tags-described", response_model=list[Tag])
    def tags_described():
        return [Tag(name=f"tag {number}", weight=number, colour="red") for number in range(400)]
"""

TESTS = """\
    import pytest
    from fastapi.testclient import TestClient
    from shop.main import app
    from shop.tables import Base, Customer, Order, engine
    from sqlalchemy.orm import Session


    @pytest.fixture
    def client():
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with Session(engine) as db:
            for number in range(1, 31):
                db.add(Customer(id=number, name=f"customer {number}"))
                db.add(Order(id=number, customer_id=number, total=number * 10))
            db.commit()
        with TestClient(app) as opened:
            yield opened


    def test_orders(client):
        assert len(client.get("/orders").json()) == 30


    def test_orders_at_once(client):
        assert client.get("/orders-at-once").json() == client.get("/orders").json()


    def test_tags(client):
        assert len(client.get("/tags").json()) == 400


    def test_tags_described(client):
        assert len(client.get("/tags-described").json()) == 400
"""


def write(root: Path, files: dict[str, str]) -> Path:
    """Put files into a folder, made if need be; returns the folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return root


def lay(root: Path) -> Path:
    """The service with its tests, in a folder."""
    return write(
        root,
        {
            "shop/__init__.py": "",
            "shop/tables.py": TABLES,
            "shop/main.py": MAIN,
            "tests/test_shop.py": TESTS,
            "notes.txt": "not for pitstop\n",
        },
    )


def lay_on_file(folder: Path, files: Mapping[str, str]) -> Path:
    """The shop on a SQLite file with 30 customers and orders, beside its code; `files` are the others that it has."""
    tables = TABLES.replace(
        'create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})',
        'create_engine("sqlite:///shop.db", connect_args={"check_same_thread": False})',
    )
    root = write(folder, {"shop/__init__.py": "", "shop/tables.py": tables, **files})
    connection = sqlite3.connect(root / "shop.db")
    connection.executescript(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL);"
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, total INTEGER NOT NULL);"
    )
    for number in range(1, 31):
        connection.execute("INSERT INTO customers VALUES (?, ?)", (number, f"customer {number}"))
        connection.execute("INSERT INTO orders VALUES (?, ?, ?)", (number, number, number * 10))
    connection.commit()
    connection.close()
    return root


def suite(root: Path) -> str:
    """How the service's own tests end."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "-p",
            "no:xdist",
        ],
        cwd=root,
        env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return (done.stdout.strip().splitlines() or [done.stderr])[-1].partition(" in ")[0]
