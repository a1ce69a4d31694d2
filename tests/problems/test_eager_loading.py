"""`over-eager-loading`: options and `lazy=` that are taken away, and those that somebody may count on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import MODELS, check, is_formatted, proposals, service, write

EAGER = "over-eager-loading"
IMPORTS = "from sqlalchemy.orm import joinedload, selectinload\n\n\n"
ROUTE = '@app.get("/orders")\ndef orders(session: SessionDep) -> list[int]:\n'


def made(root: Path, main: str, **others: str) -> str:
    """The file with the only finding as the fix makes it, or why it makes nothing."""
    write(root, service(main, **others))
    (one,) = proposals(root, EAGER)
    if not isinstance(one, Patch):
        return one.reason
    check(root, one)
    return one.changes[0].after or ""


@pytest.mark.parametrize(
    ("before", "after", "goes"),
    [
        (
            "    return [o.total for o in session.scalars(select(Order).options(joinedload(Order.customer)).limit(20))]\n",
            "    return [o.total for o in session.scalars(select(Order).limit(20))]\n",
            "joinedload",
        ),
        (
            "    statement = (\n        select(Order)\n        # no more than a page\n        .options(joinedload(Order.customer))\n        .limit(20)\n    )\n    return [o.total for o in session.scalars(statement)]\n",
            "    statement = (\n        select(Order)\n        # no more than a page\n        .limit(20)\n    )\n    return [o.total for o in session.scalars(statement)]\n",
            "joinedload",
        ),
        (
            "    statement = select(Order).options(\n        joinedload(Order.customer),\n        selectinload(Order.lines),\n    )\n    return [len(o.lines) for o in session.scalars(statement.limit(20))]\n",
            "    statement = select(Order).options(\n        selectinload(Order.lines),\n    )\n    return [len(o.lines) for o in session.scalars(statement.limit(20))]\n",
            "joinedload",
        ),
        (
            "    statement = select(Order).options(selectinload(Order.lines), joinedload(Order.customer))\n    return [len(o.lines) for o in session.scalars(statement.limit(20))]\n",
            "    statement = select(Order).options(selectinload(Order.lines))\n    return [len(o.lines) for o in session.scalars(statement.limit(20))]\n",
            "joinedload",
        ),
        (
            "    statement = select(Order).options(selectinload(Order.lines).joinedload(Line.product))\n    return [len(o.lines) for o in session.scalars(statement.limit(20))]\n",
            "    statement = select(Order).options(selectinload(Order.lines))\n    return [len(o.lines) for o in session.scalars(statement.limit(20))]\n",
            "",
        ),
    ],
)  # fmt: skip
def test_an_option_of_a_query(before: str, after: str, goes: str, tmp_path: Path) -> None:
    models = MODELS + (
        '    lines: Mapped[list["Line"]] = relationship()\n\n\n'
        'class Product(Base):\n    __tablename__ = "products"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n\n'
        'class Line(Base):\n    __tablename__ = "lines"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
        '    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)\n'
        '    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)\n'
        "    product: Mapped[Product] = relationship()\n"
    )
    imports = f"from app.models import Line\n{IMPORTS}print(selectinload)\n\n\n"
    text = made(tmp_path, imports + ROUTE + before, models=models)
    assert text.endswith(ROUTE + after)
    assert ("import joinedload, selectinload\n" in text) == (not goes)


def test_a_relationship_that_its_model_loads(tmp_path: Path) -> None:
    models = MODELS.replace(
        'relationship(back_populates="orders", foreign_keys=[customer_id])',
        'relationship(lazy="joined", back_populates="orders", foreign_keys=[customer_id])',
    )
    main = f"{ROUTE}    return [o.total for o in session.scalars(select(Order).limit(20))]\n"
    assert made(tmp_path, main, models=models) == MODELS


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (
            f"{IMPORTS}{ROUTE}    chosen = select(Order)\n    chosen = chosen.options(joinedload(Order.customer))\n    return [o.total for o in session.scalars(chosen.limit(20))]\n",
            "does nothing else",
        ),
        (
            f"{IMPORTS}{ROUTE}    return [o.total for o in session.scalars(select(Order).options(*[joinedload(Order.customer)]).limit(20))]\n",
            "in a list",
        ),
    ],
)
def test_an_option_that_is_written_otherwise(main: str, words: str, tmp_path: Path) -> None:
    assert words in made(tmp_path, main)


def test_a_model_whose_relationship_other_code_reads(tmp_path: Path) -> None:
    models = MODELS.replace(
        'relationship(back_populates="orders"', 'relationship(lazy="joined", back_populates="orders"'
    )
    main = (
        f"{ROUTE}    return [o.total for o in session.scalars(select(Order).limit(20))]\n\n\n"
        '@app.get("/customers")\ndef customers(session: SessionDep, order: int) -> str:\n'
        "    return session.get(Customer, order).orders[0].customer.email\n"
    )
    assert "counts on the model" in made(tmp_path, main, models=models)


def test_some_of_the_routes_read_it(tmp_path: Path) -> None:
    main = (
        f"from typing import Annotated\n\nfrom fastapi import Depends\n{IMPORTS}"
        "def found(session: SessionDep) -> list[Order]:\n"
        "    return list(session.scalars(select(Order).options(joinedload(Order.customer)).limit(20)))\n"
    )
    for number in range(9):
        read = "o.customer.email" if not number else "str(o.total)"
        main += (
            f'\n\n@app.get("/orders/{number}")\ndef orders_{number}(orders: Annotated[list[Order], Depends(found)]) -> list[str]:\n'
            f"    return [{read} for o in orders]\n"
        )
    assert "some of the routes read it" in made(tmp_path, main)


def test_a_job_runs_the_query_too(tmp_path: Path) -> None:
    main = (
        f"{IMPORTS}from celery import shared_task\n\n\n@shared_task\ndef found(session: SessionDep) -> list[Order]:\n"
        "    return list(session.scalars(select(Order).options(joinedload(Order.customer)).limit(20)))\n\n\n"
        f"{ROUTE}    return [o.total for o in found(session)]\n\n\n"
        '@app.get("/named")\ndef named(session: SessionDep) -> list[str]:\n'
        "    return [o.customer.email for o in session.scalars(select(Order).limit(20))]\n"
    )
    assert "not only routes run this query" in made(tmp_path, main)


EACH = MODELS.replace(
    'relationship(back_populates="customer"', 'relationship(lazy="selectin", back_populates="customer"'
)
FOUND = """\
from pydantic import BaseModel


class CustomerOut(BaseModel):
    email: str
    orders: list[int]


def page(session: SessionDep) -> list[Customer]:
    return list(session.scalars(select(Customer).order_by(Customer.id).limit(20)))


def one(session: SessionDep, email: str) -> Customer:
    return session.scalars(select(Customer).where(Customer.email == email)).one()


@app.get("/customers", response_model=list[CustomerOut])
def customers(session: SessionDep):
    return page(session)
"""


def many(read: int = 0) -> str:
    """Routes that look up a customer; this many of them read the orders."""
    return FOUND + "".join(
        f'\n\n@app.get("/customers/{{email}}/{number}")\ndef customer_{number}(session: SessionDep, email: str) -> str:\n'
        f"    return str(one(session, email).{'orders' if number < read else 'email'})\n"
        for number in range(8)
    )


def test_a_collection_is_loaded_by_the_queries_of_those_who_read_it(tmp_path: Path) -> None:
    write(tmp_path, service(many(), models=EACH))
    (patch,) = proposals(tmp_path, EAGER)
    assert isinstance(patch, Patch)
    check(tmp_path, patch)
    files = {change.path: change.after or "" for change in patch.changes}
    assert files["app/models.py"] == MODELS
    text = files["app/main.py"]
    assert ".options(selectinload(Customer.orders))" in text
    assert text.count("selectinload") == 2
    assert is_formatted(tmp_path, ["app/main.py"])
    assert "select(Customer).where(Customer.email == email)" in text
    assert "from sqlalchemy.orm import selectinload\n" in text


def test_it_stays_with_its_kind_of_loader_and_beside_other_options(tmp_path: Path) -> None:
    main = many().replace(
        "select(Customer).order_by", "select(Customer).options(defer(Customer.email)).order_by"
    )
    models = EACH.replace('lazy="selectin"', 'lazy="subquery"')
    write(tmp_path, service("from sqlalchemy.orm import defer\n\n\n" + main, models=models))
    (patch,) = proposals(tmp_path, EAGER)
    assert isinstance(patch, Patch)
    (text,) = (change.after or "" for change in patch.changes if change.path == "app/main.py")
    assert ".options(defer(Customer.email), subqueryload(Customer.orders))" in text


def test_it_is_told_where_few_read_it_and_a_query_is_for_none_of_them(tmp_path: Path) -> None:
    write(tmp_path, service(many(read=1), models=EACH))
    assert proposals(tmp_path, EAGER) == []
    one_query = many().replace("return page(session)", 'return [one(session, "x")]')
    assert "each query that loads it" in made(tmp_path, one_query, models=EACH)


BASE = "class Keeper:\n    def get(self, session: SessionDep, key: int):\n        return session.get(self.model, key)\n\n\nclass Keeps{0}(Keeper):\n    model = {0}\n\n\nkeeper = Keeps{0}()\n\n\n@app.get"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return page(session)", "found = page(session)\n    session.refresh(found[0])\n    return found", "refreshes rows"),
        ("    return page(session)", "    order = session.scalars(select(Order)).first()\n    return [order.customer, *page(session)]", "`Order.customer`"),
        ("session.scalars(select(Customer).order_by(Customer.id).limit(20))", "[session.get(Customer, 1)]", "looked up by its key"),
        ("@app.get", BASE.format("Customer"), "a model that is not told"),
        ("@app.get", "class Lines:\n    def of(self, customer: Customer) -> int:\n        return len(customer.orders)\n\n\n@app.get", "reads it too"),
        ("@app.get", 'class Other:\n    orders: int\n\n\n@app.get("/others")\ndef others(session: SessionDep, other: Other) -> int:\n    return other.orders\n\n\n@app.get', "may read it"),
    ],
    ids=["refreshed", "by another row", "by key", "by any model's key", "beside routes", "by who is not seen to load it"],
)  # fmt: skip
def test_a_collection_that_may_be_read_elsewhere_stays(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    main = many()
    assert old in main
    if "keeper" in new:
        main = main.replace("return page(session)", "return [keeper.get(session, 1), *page(session)]")
    write(tmp_path, service(main.replace(old, new, 1), models=EACH))
    (declined,) = proposals(tmp_path, EAGER)
    assert not isinstance(declined, Patch)
    assert words in declined.reason


def test_rows_of_other_models_may_come_by_their_key(tmp_path: Path) -> None:
    main = many().replace("return page(session)", "keeper.get(session, 1)\n    return page(session)")
    write(tmp_path, service(main.replace("@app.get", BASE.format("Order"), 1), models=EACH))
    (patch,) = proposals(tmp_path, EAGER)
    assert isinstance(patch, Patch)


KIN = "\n\nclass Gold(Customer):\n    points: Mapped[int]\n"
PROPERTY = (
    "    @property\n    def busy(self) -> bool:\n        return bool(self.orders)\n\n\nclass Order(Base)"
)
TASK = "from celery import shared_task\n\n\n@shared_task\n"


@pytest.mark.parametrize(
    ("models", "main", "words"),
    [
        (EACH + KIN, many(), "by inheritance"),
        (EACH.replace("\nclass Order(Base)", PROPERTY, 1), many(), "of the model reads it"),
        (EACH, many().replace("def page(", f"{TASK}def page("), "not only routes run"),
        (
            EACH,
            many().replace("return page(session)", "return [c for c in page(session) if busy(c)]")
            + f"\n\n{TASK}def busy(customer: Customer) -> bool:\n    return bool(customer.orders)\n",
            "not only on the way",
        ),
    ],
    ids=["inherited", "by a property", "queried by a job", "read by a job"],
)
def test_a_collection_that_more_than_routes_may_read_stays(
    models: str, main: str, words: str, tmp_path: Path
) -> None:
    write(tmp_path, service(main, models=models))
    (declined,) = proposals(tmp_path, EAGER)
    assert not isinstance(declined, Patch)
    assert words in declined.reason
