"""A service with ten rows, measured as if it had many."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from pitstop.data import TraceEvidence
from tests.road.command import Home, snapshot
from tests.road.service import TABLES, write

pytestmark = pytest.mark.xdist_group("road-rows")

MAIN = """\
    from collections.abc import Callable, Iterator
    from typing import Any

    from fastapi import Depends, FastAPI
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from .tables import Base, Customer, Order, engine

    app = FastAPI()
    Base.metadata.create_all(engine)


    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened


    def customer_of(db: Session, order: Order) -> Any:
        return db.scalars(select(Customer).where(Customer.id == order.customer_id)).first()


    LOOKUPS: dict[str, Callable[[Session, Order], Any]] = {"customer": customer_of}


    @app.get("/orders")
    def orders(db: Session = Depends(session)) -> list[dict[str, Any]]:
        found = []
        for order in db.scalars(select(Order).order_by(Order.id)).all():
            customer = LOOKUPS["customer"](db, order)
            found.append({"id": order.id, "customer": customer.name})
        return found


    @app.get("/kinds")
    def kinds(db: Session = Depends(session)) -> list[int]:
        found = []
        for total in range(12):
            found.append(len(db.scalars(select(Order.id).where(Order.total == total).limit(2)).all()))
        return found
"""


def service(folder: Path, url: str) -> Path:
    start = TABLES.index("engine = create_engine(")
    end = TABLES.index("\n", start)
    made = "import os\n\n    engine = create_engine(os.environ.get('DATABASE_URL', '" + url + "'))"
    return write(
        folder / "service",
        {
            "shop/__init__.py": "",
            "shop/tables.py": TABLES[:start] + made + TABLES[end:],
            "shop/main.py": MAIN,
        },
    )


def test_what_grows_is_told_and_what_stays_is_not(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path, "sqlite:///shop.db")
    before = snapshot(root)
    run = home.run(
        "measure", str(root), "--generate", "--cases", "2", "--rows", "300", "--format", "json",
    )  # fmt: skip
    report = run.report()
    assert report.growth is not None
    assert (report.growth.small, report.growth.large) == (30, 300)
    small = {route.route: route for route in report.growth.routes}
    large = {route.route: route for route in report.growth.larger}
    assert small["GET /orders"].statements < 50
    assert large["GET /orders"].statements > 300
    assert large["GET /kinds"].statements == small["GET /kinds"].statements
    loops = [finding for finding in report.findings if finding.problem == "n-plus-one-loop"]
    assert [finding.routes for finding in loops] == [("GET /orders",)]
    (evidence,) = [each for each in loops[0].evidence if isinstance(each, TraceEvidence)]
    assert "300 times in one request" in evidence.text
    assert "30" in evidence.text.partition("ms)")[2]
    assert snapshot(root) == before


def test_indexes_are_tried_on_the_filled_copy(home: Home, tmp_path: Path, postgres_url: str) -> None:
    """On PostgreSQL, in a copy of a database that is empty."""
    root = service(tmp_path, "sqlite://")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL)")
        connection.execute(
            "CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total int NOT NULL)"
        )
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    run = home.run(
        "measure", str(root), "--generate", "--cases", "2", "--rows", "40000", "--database", url, "--format", "json",
    )  # fmt: skip
    report = run.report()
    assert report.indexes is not None, run.err + str(report.skipped)
    suggested = {(index.table, index.columns) for index in report.indexes.suggested}
    assert ("orders", ("total",)) in suggested, report.indexes
    for index in report.indexes.suggested:
        assert all(trial.before_work >= 2 * trial.after_work for trial in index.statements)


def test_a_named_file_of_the_tree_is_filled_where_the_service_opens_it(home: Home, tmp_path: Path) -> None:
    """No variable names the file, and an engine for logs beside it leaves open which one is meant."""
    root = service(tmp_path, "sqlite:///shop.db")
    tables = root / "shop" / "tables.py"
    text = tables.read_text().replace(
        "os.environ.get('DATABASE_URL', 'sqlite:///shop.db')", "'sqlite:///shop.db'"
    )
    tables.write_text(text + "\nlogs = create_engine('sqlite:///logs.db')\n")
    given = ("measure", str(root), "--generate", "--cases", "1", "--rows", "300", "--format", "json")
    run = home.run(*given)
    assert run.code == 3
    assert "engines for 2 databases" in run.err
    assert "--database URL" in run.err
    (root / "shop.db").touch()
    before = snapshot(root)
    report = home.run(*given, "--database", f"sqlite:///{root}/shop.db").report()
    large = {route.route: route for route in report.routes}
    assert large["GET /orders"].statements > 300
    assert snapshot(root) == before

    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.touch()
    run = home.run(*given, "--database", f"sqlite:///{elsewhere}")
    assert run.code == 3
    assert "files of its own: shop.db" in run.err


def test_a_proof_is_of_the_named_file_or_there_is_none(home: Home, tmp_path: Path) -> None:
    """No variable names the file to the service, which opens its own whatever is said."""
    root = service(tmp_path, "sqlite:///shop.db")
    tables = root / "shop" / "tables.py"
    tables.write_text(
        tables.read_text().replace(
            "os.environ.get('DATABASE_URL', 'sqlite:///shop.db')", "'sqlite:///shop.db'"
        )
        + "\nlogs = create_engine('sqlite:///logs.db')\n"
    )
    with sqlite3.connect(root / "shop.db") as connection:
        connection.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, total INTEGER NOT NULL);"
            "INSERT INTO customers VALUES (7, 'ann');"
            "INSERT INTO orders VALUES (1, 7, 3), (2, 7, 4), (3, 7, 5);"
        )
    connection.close()
    before = snapshot(root)
    requests = tmp_path / "requests.jsonl"
    requests.write_text('{"method": "GET", "path": "/orders"}\n')
    given = ("tune", str(root), "--requests", str(requests), "--only", "n-plus-one-loop", "--format", "json")
    report = home.run(*given, "--database", f"sqlite:///{root}/shop.db").report()
    (orders,) = report.routes
    assert orders.statements >= 4, report.skipped

    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.write_bytes((root / "shop.db").read_bytes())
    run = home.run(*given, "--database", f"sqlite:///{elsewhere}")
    assert run.code == 3, run.out
    assert "files of its own: shop.db" in run.err
    assert snapshot(root) == before


def test_a_filled_copy_of_an_sqlite_database(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path, "sqlite:///shop.db")
    with sqlite3.connect(root / "shop.db") as connection:
        connection.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, total INTEGER NOT NULL);"
            "INSERT INTO customers VALUES (7, 'ann');"
        )
    connection.close()
    before = snapshot(root)
    made = tmp_path / "big.db"
    given = ("populate", str(root), "--rows", "200", "--database", f"sqlite:///{root}/shop.db")
    assert "--to FILE" in home.run(*given).err
    run = home.run(*given, "--grow", "orders=500", "--to", str(made), "--format", "json")
    assert run.code == 0, run.out[-900:]
    filled = run.report().filled
    assert filled is not None
    assert filled.url == str(made)
    with sqlite3.connect(made) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (500,)
        assert connection.execute("SELECT name FROM customers WHERE id = 7").fetchone() == ("ann",)
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    assert snapshot(root) == before
    again = home.run(*given, "--to", str(made))
    assert again.code == 2
    assert "is there already" in again.err


def test_a_filled_copy_on_a_server(home: Home, tmp_path: Path, postgres_url: str) -> None:
    root = service(tmp_path, "sqlite://")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL)")
        connection.execute(
            "CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total int NOT NULL)"
        )
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    run = home.run("populate", str(root), "--rows", "50", "--database", url, "--format", "json")
    assert run.code == 0, run.out[-900:]
    filled = run.report().filled
    assert filled is not None
    copy = filled.url.rpartition("/")[2]
    assert copy.startswith("pitstop_")
    server = postgres_url.rpartition("/")[0]
    for name, count in ((copy, 50), (postgres_url.rpartition("/")[2], 0)):
        with psycopg.connect(f"{server}/{name}") as connection:
            assert connection.execute("SELECT count(*) FROM orders").fetchone() == (count,)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{copy}"')  # the server is also other tests'
