"""Queries in loops made one: the same answers on real rows, and a clear refusal where they could differ."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from pitstop.data import Declined, Patch

from .trees import apply, is_formatted, patched, proposals, reason, reformat, service, write

LOOP = "n-plus-one-loop"
GET = '@app.get("/x")\n'

SAME = {
    "get": GET
    + """\
def x(session: SessionDep) -> list[str]:
    found = []
    for order in session.scalars(select(Order).order_by(Order.id)):
        customer = session.get(Customer, order.customer_id)
        if customer is not None:
            found.append(customer.email)
    return found
""",
    "get by what the turn is": GET
    + """\
def x(session: SessionDep) -> list[str]:
    found = []
    numbers: list[int] = list(session.scalars(select(Order.customer_id).order_by(Order.id)))
    for number in numbers:
        customer = session.get(Customer, number)
        if customer is not None:
            found.append(customer.email)
    return found
""",
    "get of an optional key": GET
    + """\
def x(session: SessionDep) -> list[str | None]:
    found = []
    for order in session.scalars(select(Order).order_by(Order.id)).all():
        agent = session.get(Customer, order.agent_id) if order.agent_id else None
        found.append(agent.email if agent else None)
    return found
""",
    "rows in order, with another condition": GET
    + """\
def x(session: SessionDep) -> list[list[int]]:
    customers = session.scalars(select(Customer).order_by(Customer.id)).all()
    return [
        [
            order.id
            for order in session.scalars(
                select(Order)
                .where(Order.customer_id == customer.id, Order.total > 5)
                .order_by(Order.total.desc(), Order.id)
            )
        ]
        for customer in customers
    ]
""",
    "rows as a list": GET
    + """\
def x(session: SessionDep) -> dict[str, int]:
    found = {}
    for customer in session.scalars(select(Customer)):
        orders = session.scalars(select(Order).where(Order.customer_id == customer.id).order_by(Order.id)).all()
        found[customer.email] = orders[0].id if orders else 0
    return found
""",
    "count": GET
    + """\
def x(session: SessionDep) -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(Order).where(Order.customer_id == customer.id)) or 0
        for customer in session.scalars(select(Customer).order_by(Customer.id)).all()
    ]
""",
    "one by a unique column": GET
    + """\
def x(session: SessionDep) -> list[int | None]:
    found = []
    for order in session.scalars(select(Order).order_by(Order.id)).all():
        customer = session.scalar(select(Customer).where(Customer.email == order.email))
        found.append(customer.id if customer else None)
    return found
""",
    "names that are taken": GET
    + """\
def x(session: SessionDep, orders_by_customer_id: int = 3) -> list[int]:
    defaultdict = orders_by_customer_id
    order = 1
    found = [defaultdict, order]
    for customer in session.scalars(select(Customer).order_by(Customer.id)):
        orders = session.scalars(select(Order).where(Order.customer_id == customer.id).order_by(Order.id)).all()
        found.append(len(orders))
    return found
""",
}


def ask(root: Path) -> tuple[Any, int]:
    """What the handler answers on a few rows, and how many statements that took."""
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]
    for name in ("app", "app.models", "app.database", "app.main"):
        path = root / (name.replace(".", "/") + ("/__init__.py" if name == "app" else ".py"))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    models, main = sys.modules["app.models"], sys.modules["app.main"]
    engine = create_engine("sqlite://")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(models.Customer(id=n, email=f"{n}@example.org") for n in (1, 2, 3, 4))
        rows = [(1, 1, None, 9), (2, 3, 1, 5), (3, 1, 2, 7), (4, 3, None, 0), (5, 1, 9, 8)]
        session.add_all(
            models.Order(id=i, customer_id=c, agent_id=a, total=t, email=f"{i}@example.org")
            for i, c, a, t in rows
        )
        session.commit()
        session.expunge_all()
        sent: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        answer = main.x(session)
    engine.dispose()
    return answer, len(sent)


@pytest.fixture(autouse=True)
def _no_app_left() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]


@pytest.mark.parametrize("main", SAME.values(), ids=SAME)
def test_the_same_answer_with_two_statements(tmp_path: Path, main: str) -> None:
    root = write(tmp_path, service(main))
    reformat(root)
    before, many = ask(root)
    patched(root, LOOP)
    assert is_formatted(root, ["app/main.py"])
    after, few = ask(root)
    assert after == before
    assert few == 2 < many


def loop(
    query: str, before: str = "", after: str = "        found.append(each)\n", over: str = "select(Order)"
) -> str:
    return (
        f"{GET}def x(session: SessionDep, ids: list[int], texts: list[str]):\n    found = []\n"
        f"    for order in session.scalars({over}).all():\n{before}        each = {query}\n{after}    return found\n"
    )


ROWS = "session.scalars(select(Order).where(Order.customer_id == order.customer_id)).all()"
REFUSED = {
    "limit": (loop(ROWS.replace(")).all", ").limit(3)).all")), "limit"),
    "key in two places": (loop(ROWS.replace("))", ", Order.total == order.total))")), "more than one place"),
    "not equal": (loop(ROWS.replace("==", "<")), "one equal value"),
    "first of many": (loop(ROWS.replace(".all()", ".first()")), "only one row"),
    "break": (loop(ROWS, after="        if each:\n            break\n"), "end early"),
    "return": (loop(ROWS, after="        if each:\n            return each\n"), "end early"),
    "write": (loop(ROWS, after="        session.add(Order())\n        session.flush()\n"), "writes"),
    "nested": (
        loop(ROWS).replace(
            "        each =",
            "        for number in ids:\n            found.append(number)\n            each =",
        ),
        "loop within a loop",
    ),
    "try": (
        loop(ROWS).replace(
            f"        each = {ROWS}\n",
            f"        try:\n            each = {ROWS}\n        except ValueError:\n            continue\n",
        ),
        "`try`",
    ),
    "key worked out": (
        loop(ROWS.replace("order.customer_id", "key"), before="        key = order.customer_id + 1\n"),
        "",
    ),
    "the same on each turn": (
        loop("session.scalars(select(Order).where(Order.email.in_(texts))).all()"),
        "ask once before the loop",
    ),
    "the same on each turn, through a function": (
        "def of(session: SessionDep, texts: list[str]):\n    return session.scalars(select(Order).where(Order.email.in_(texts))).all()\n\n\n"
        + loop("of(session, texts)"),
        "ask once before the loop",
    ),
    "set on each turn": (
        loop(
            "session.scalars(select(Order).where(Order.total > ids[0])).all()", before="        ids[0] += 1\n"
        ),
        "depends on the turn of the loop",
    ),
    "condition on the row": (
        loop(ROWS, before="        if order is None:\n            continue\n"),
        "condition on the row",
    ),
    "NULL on both sides": (
        loop("session.scalars(select(Order).where(Order.agent_id == order.agent_id)).all()"),
        "None",
    ),
    "another type": (
        f"{GET}def x(session: SessionDep, texts: list[str]):\n    return [session.get(Customer, text) for text in texts]\n",
        "differ in type",
    ),
    "used as a result": (
        loop(ROWS.removesuffix(".all()"), after="        found.append(each.first())\n"),
        "more than rows",
    ),
    "column of another model": (
        loop(
            "session.scalars(select(Customer).join(Customer.orders).where(Order.id == order.id)).all()",
        ),
        "another model",
    ),
    "generator": (
        f"{GET}def x(session: SessionDep, ids: list[int]):\n    return list(session.get(Customer, key) for key in ids)\n",
        "comprehension",
    ),
    "only under a condition": (
        f"{GET}def x(session: SessionDep, ids: list[int]):\n    return [session.get(Customer, key) for key in ids] if ids else None\n",
        "condition",
    ),
    "async for": (
        f"{GET}async def x(session: AsyncSessionDep):\n    async for order in await session.stream_scalars(select(Order)):\n        await session.get(Customer, order.customer_id)\n",
        "async for",
    ),
}


@pytest.mark.parametrize(("main", "words"), REFUSED.values(), ids=REFUSED)
def test_what_could_answer_otherwise_is_declined(tmp_path: Path, main: str, words: str) -> None:
    given = proposals(write(tmp_path, service(main)), LOOP)
    assert [type(each) for each in given] == [Declined], given
    assert isinstance(given[0], Declined)
    assert words in given[0].reason


RESOLVER = """\
import strawberry
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from strawberry.fastapi import GraphQLRouter

from app.database import engine
from app.models import Customer, Order


@strawberry.type
class Buyer:
    id: int

    @strawberry.field
    def spent(self) -> int:
        with Session(engine) as session:
            return session.scalar(select(func.sum(Order.total)).where(Order.customer_id == self.id))


@strawberry.type
class Query:
    @strawberry.field
    def buyers(self) -> list[Buyer]:
        with Session(engine) as session:
            return [Buyer(id=key) for key in session.scalars(select(Customer.id))]


app = FastAPI()
app.include_router(GraphQLRouter(strawberry.Schema(query=Query)))
"""


def test_a_resolver_is_told_what_it_needs(tmp_path: Path) -> None:
    files = service("") | {"app/main.py": RESOLVER}
    assert "a data loader has to be written" in reason(write(tmp_path, files), LOOP)


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _tabs(text: str) -> str:
    return text.replace("    ", "\t")


def _narrow(text: str) -> str:
    return text


@pytest.mark.parametrize("style", [_crlf, _tabs, _narrow])
def test_the_style_of_the_file_is_kept(tmp_path: Path, style: Callable[[str], str]) -> None:
    files = service(SAME["get"])
    root = write(
        tmp_path,
        {name: style(text) for name, text in files.items()}
        | {"pyproject.toml": "[tool.black]\nline-length = 79\n"},
    )
    before, _ = ask(root)
    patched(root, LOOP)
    text = (root / "app/main.py").read_bytes().decode()
    assert ask(root)[0] == before
    assert max(len(line) for line in text.splitlines()) <= 79
    if style is _tabs:
        assert "\n    " not in text
    if style is _crlf:
        assert text.count("\n") == text.count("\r\n")


def test_two_loops_of_a_file_one_after_another(tmp_path: Path) -> None:
    second = SAME["rows as a list"].replace('"/x"', '"/y"').replace("def x", "def y")
    root = write(tmp_path, service(SAME["get"] + "\n\n" + second))
    for left in (2, 1):
        given = proposals(root, LOOP)
        assert len(given) == left
        assert isinstance(given[0], Patch)
        apply(root, given[0])
    assert proposals(root, LOOP) == []


REPOSITORY = """\
from typing import Annotated

from fastapi import Depends
from sqlalchemy import select

from app.database import AsyncSessionDep
from app.models import Customer


class Customers:
    def __init__(self, session: AsyncSessionDep) -> None:
        self.session = session

    async def get(self, key: int) -> Customer | None:
        return await self.session.get(Customer, key)
"""
MANY = """
    async def get_many(self, keys: set[int]) -> dict[int, Customer]:
        rows = await self.session.scalars(select(Customer).where(Customer.id.in_(keys)))
        return {row.id: row for row in rows}
"""
THROUGH = f"""\
from app.repository import Customers
from typing import Annotated
from fastapi import Depends


{GET}async def x(ids: list[int], customers: Annotated[Customers, Depends()]) -> list[str]:
    found = []
    for key in ids:
        customer = await customers.get(key)
        if customer:
            found.append(customer.email)
    return found
"""


@pytest.mark.parametrize(("name", "is_held"), [("get", True), ("rows as a list", False)])
def test_of_get_it_is_said_where_tests_do_not_show_the_gain(name: str, is_held: bool, tmp_path: Path) -> None:
    (patch,) = proposals(write(tmp_path, service(SAME[name])), LOOP)
    assert isinstance(patch, Patch)
    assert ("shares its session" in patch.validate) is is_held


def test_turns_that_are_keys_are_not_gone_through(tmp_path: Path) -> None:
    root = write(tmp_path, service(SAME["get by what the turn is"]))
    assert ".where(Customer.id.in_(set(numbers)))" in patched(root, LOOP)


def test_a_sibling_for_many_keys_is_used(tmp_path: Path) -> None:
    root = write(tmp_path, service(THROUGH, repository=REPOSITORY + MANY))
    assert "+    customers_by_id = await customers.get_many(set(ids))" in patched(root, LOOP)


def test_a_thin_repository_is_looked_through(tmp_path: Path) -> None:
    root = write(tmp_path, service(THROUGH, repository=REPOSITORY))
    diff = patched(root, LOOP)
    assert "await customers.session.scalars(" in diff
    assert "customer = customers_by_id.get(key)" in diff


def test_a_decorated_repository_is_not(tmp_path: Path) -> None:
    cached = REPOSITORY.replace("    async def get", "    @cached\n    async def get").replace(
        "class Customers", "def cached(function):\n    return function\n\n\nclass Customers"
    )
    root = write(tmp_path, service(THROUGH, repository=cached))
    assert not any(isinstance(each, Patch) for each in proposals(root, LOOP))
