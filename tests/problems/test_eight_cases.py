"""The cases that no linter covers, as small services in layers: found with the whole way to them; their fixed twins are silent.

Of the eight, an unbounded select and a key set fetched for each request are not among the problems yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from pitstop import project
from pitstop.data import Finding
from pitstop.problems import discover

from .trees import write

MAIN = """\
from fastapi import FastAPI

from app.routes import router

app = FastAPI()
app.include_router(router, prefix="/api")
"""
DATABASE = """\
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


SessionDep = Annotated[Session, Depends(session)]
"""
MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    customer: Mapped[Customer] = relationship()
"""
RATES_ROUTE = """\
from typing import Annotated

from fastapi import APIRouter, Depends

from app.service import Rates

router = APIRouter()


@router.get("/rates/{currency}")
async def rate(currency: str, rates: Annotated[Rates, Depends()]) -> str:
    return await rates.of(currency)
"""
ORDERS_ROUTE = """\
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from app.service import Orders

router = APIRouter()


class CustomerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    customer: CustomerOut


@router.get("/orders", response_model=list[OrderOut])
def orders(service: Annotated[Orders, Depends()]) -> object:
    return service.all()
"""
NAMES_ROUTE = """\
from typing import Annotated

from fastapi import APIRouter, Depends

from app.service import Names

router = APIRouter()


@router.get("/names")
def names(service: Annotated[Names, Depends()]) -> list[str]:
    return service.all()
"""
COUNT_ROUTE = """\
from typing import Annotated

from fastapi import APIRouter, Depends

from app.service import Statistics

router = APIRouter()


@router.get("/customers/{customer}/count")
def count(customer: int, statistics: Annotated[Statistics, Depends()]) -> int:
    return statistics.count(customer)
"""
NAMES_SERVICE = """\
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order
from app.repository import {imported}


class Names:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def all(self) -> list[str]:
        orders = self.session.scalars(select(Order)).all()
{body}
"""


class Case(NamedTuple):
    """A service with one problem, what makes its fixed twin of it, and the way that must be told."""

    problem: str
    files: Mapping[str, str]
    mended: Mapping[str, str]
    place: tuple[str, str]
    """The file of the finding, and what stands in its line."""
    route: str
    way: tuple[str, ...]
    """The functions on the way, from the handler to the finding or to what it leads to."""


CASES = {
    "blocking call direct": Case(
        "blocking-call-in-async",
        {
            "routes.py": RATES_ROUTE,
            "service.py": """\
from app.carrier import fetch


class Rates:
    async def of(self, currency: str) -> str:
        return (await fetch(currency)).upper()
""",
            "carrier.py": """\
import requests


async def fetch(currency: str) -> str:
    return requests.get(f"https://rates.example/{currency}", timeout=3).text
""",
        },
        {
            "carrier.py": """\
import requests
from fastapi.concurrency import run_in_threadpool


async def fetch(currency: str) -> str:
    answer = await run_in_threadpool(requests.get, f"https://rates.example/{currency}", timeout=3)
    return answer.text
"""
        },
        ("app/carrier.py", "requests.get("),
        "GET /api/rates/{currency}",
        ("app.routes.rate", "app.service.Rates.of"),
    ),
    "blocking call two calls down": Case(
        "blocking-call-transitive",
        {
            "routes.py": RATES_ROUTE,
            "service.py": """\
from app.carrier import quote


class Rates:
    async def of(self, currency: str) -> str:
        return quote(currency)
""",
            "carrier.py": """\
from app.wire import fetch


def quote(currency: str) -> str:
    return fetch(currency).strip()
""",
            "wire.py": """\
import requests


def fetch(currency: str) -> str:
    return requests.get(f"https://rates.example/{currency}", timeout=3).text
""",
        },
        {
            "service.py": """\
from fastapi.concurrency import run_in_threadpool

from app.carrier import quote


class Rates:
    async def of(self, currency: str) -> str:
        return await run_in_threadpool(quote, currency)
"""
        },
        ("app/service.py", "quote(currency)"),
        "GET /api/rates/{currency}",
        ("app.routes.rate", "app.service.Rates.of", "app.carrier.quote", "app.wire.fetch"),
    ),
    "N+1 in a loop": Case(
        "n-plus-one-loop",
        {
            "routes.py": NAMES_ROUTE,
            "database.py": DATABASE,
            "models.py": MODELS,
            "repository.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Customer


def customer_name(session: Session, number: int) -> str:
    return session.scalars(select(Customer.name).where(Customer.id == number)).one()
""",
            "service.py": NAMES_SERVICE.format(
                imported="customer_name",
                body="        return [customer_name(self.session, order.customer_id) for order in orders]",
            ),
        },
        {
            "repository.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Customer


def customer_names(session: Session, numbers: set[int]) -> dict[int, str]:
    found = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(numbers)))
    return {number: name for number, name in found}
""",
            "service.py": NAMES_SERVICE.format(
                imported="customer_names",
                body="        names = customer_names(self.session, {order.customer_id for order in orders})\n"
                "        return [names[order.customer_id] for order in orders]",
            ),
        },
        ("app/service.py", "customer_name(self.session"),
        "GET /api/names",
        ("app.routes.names", "app.service.Names.all", "app.repository.customer_name"),
    ),
    "N+1 through a lazy relationship that the response model reads": Case(
        "n-plus-one-lazy-relationship",
        {
            "routes.py": ORDERS_ROUTE,
            "database.py": DATABASE,
            "models.py": MODELS,
            "repository.py": """\
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Order


def all_orders(session: Session) -> Sequence[Order]:
    return session.scalars(select(Order)).all()
""",
            "service.py": """\
from collections.abc import Sequence

from app.database import SessionDep
from app.models import Order
from app.repository import all_orders


class Orders:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def all(self) -> Sequence[Order]:
        return all_orders(self.session)
""",
        },
        {
            "repository.py": """\
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.models import Order


def all_orders(session: Session) -> Sequence[Order]:
    return session.scalars(select(Order).options(joinedload(Order.customer))).all()
"""
        },
        ("app/repository.py", "return session.scalars(select(Order)).all()"),
        "GET /api/orders",
        ("app.routes.orders",),
    ),
    "foreign key without an index": Case(
        "missing-index",
        {
            "routes.py": COUNT_ROUTE,
            "database.py": DATABASE,
            "models.py": MODELS.replace(", index=True", ""),
            "repository.py": """\
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Order


def count_of(session: Session, customer: int) -> int:
    return session.scalar(select(func.count()).where(Order.customer_id == customer)) or 0
""",
            "service.py": """\
from app.database import SessionDep
from app.repository import count_of


class Statistics:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def count(self, customer: int) -> int:
        return count_of(self.session, customer)
""",
        },
        {"models.py": MODELS},
        ("app/models.py", "customer_id: Mapped[int]"),
        "GET /api/customers/{customer}/count",
        # many ways may lead to one column: what is told is where it is looked up
        ("app.repository.count_of",),
    ),
    "client for each request": Case(
        "client-per-request",
        {
            "routes.py": RATES_ROUTE,
            "service.py": """\
from app.wire import fetch


class Rates:
    async def of(self, currency: str) -> str:
        return await fetch(currency)
""",
            "wire.py": """\
import httpx


async def fetch(currency: str) -> str:
    async with httpx.AsyncClient(timeout=3) as client:
        return (await client.get(f"https://rates.example/{currency}")).text
""",
        },
        {
            "wire.py": """\
import httpx

client = httpx.AsyncClient(timeout=3)


async def fetch(currency: str) -> str:
    return (await client.get(f"https://rates.example/{currency}")).text
"""
        },
        ("app/wire.py", "httpx.AsyncClient("),
        "GET /api/rates/{currency}",
        ("app.routes.rate", "app.service.Rates.of"),
    ),
}


def inspect(root: Path, files: Mapping[str, str]) -> list[Finding]:
    """All that the rules of all problems find in a service."""
    tree = {
        "app/__init__.py": "",
        "app/main.py": MAIN,
        **{f"app/{name}": text for name, text in files.items()},
    }
    read = project.read(write(root, tree), cache=False)
    return [found for problem in discover().values() if problem.rule for found in problem.rule(read)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_found_with_the_way_to_it_and_nothing_else_is(tmp_path: Path, case: Case) -> None:
    (found,) = inspect(tmp_path, case.files)
    assert found.problem == case.problem
    path, code = case.place
    assert found.location.path == path
    assert code in (tmp_path / path).read_text("utf-8").splitlines()[found.location.line - 1]
    assert found.routes == (case.route,)
    assert tuple(step.symbol for step in found.call_path) == case.way
    lines = [
        (tmp_path / step.path).read_text("utf-8").splitlines()[step.line - 1] for step in found.call_path
    ]
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_its_fixed_twin_is_silent(tmp_path: Path, case: Case) -> None:
    assert inspect(tmp_path, {**case.files, **case.mended}) == []


def test_each_of_the_six_is_another_problem() -> None:
    assert len({case.problem for case in CASES.values()}) == len(CASES) == 6
