"""`over-eager-loading`: options and `lazy=` that are taken away, and those that somebody may count on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import MODELS, check, proposals, service, write

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
    main = IMPORTS + (
        "def found(session: SessionDep) -> list[Order]:\n"
        "    return list(session.scalars(select(Order).options(joinedload(Order.customer)).limit(20)))\n"
    )
    for number in range(9):
        read = "o.customer.email" if not number else "str(o.total)"
        main += f'\n\n@app.get("/orders/{number}")\ndef orders_{number}(session: SessionDep) -> list[str]:\n    return [{read} for o in found(session)]\n'
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
