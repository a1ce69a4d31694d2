"""Indexes that were tried, beside the findings that ask for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import TraceEvidence
from pitstop.problems import discover
from pitstop.problems.trials import tried
from pitstop.trials import Advice, IndexAdvice, StatementTrial

SERVICE = """\
from fastapi import FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column("customer", ForeignKey("customers.id"))


@app.get("/customers/{number}/orders")
def orders(number: int, session):
    return session.scalars(select(Order).where(Order.customer_id == number)).all()
"""


def advice(*columns: str, table: str = "orders") -> Advice:
    trial = StatementTrial(
        statement="SELECT ? FROM orders", count=40, routes=("GET /a",), before_ms=30, after_ms=0.15,
        before_work=81_950, after_work=450,
    )  # fmt: skip
    small = StatementTrial(
        statement="SELECT 1",
        count=1,
        routes=("GET /b",),
        before_ms=31,
        after_ms=0.1,
        before_work=9,
        after_work=1,
    )
    index = IndexAdvice(
        table=table,
        columns=columns,
        ddl="CREATE INDEX ix ON orders (customer)",
        statements=(small, trial),
        work_unit="steps",
        size_bytes=1,
        build_ms=20,
        saved_ms=1194,
    )
    return Advice(suggested=(index,))


def test_a_finding_says_what_its_index_gained(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SERVICE)
    service = project.read(tmp_path)
    rule = discover()["missing-index"].rule
    assert rule is not None
    found = list(rule(service))
    assert len(found) == 1
    (told,) = tried([*found, *found], advice("customer", "created"), service)
    assert told.id == found[0].id
    (evidence,) = told.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text == (
        "`CREATE INDEX ix ON orders (customer)` was built on a clone: this statement of GET /a takes 0.15 ms instead of 30"
    )
    assert evidence.figures["before_work"] == 81_950


@pytest.mark.parametrize(
    "other",
    [advice("created", "customer"), advice("customer", table="bills"), Advice()],
    ids=["second", "table", "none"],
)
def test_an_index_for_something_else_is_no_evidence(tmp_path: Path, other: Advice) -> None:
    (tmp_path / "main.py").write_text(SERVICE)
    service = project.read(tmp_path)
    rule = discover()["missing-index"].rule
    assert rule is not None
    assert not list(tried(rule(service), other, service))
