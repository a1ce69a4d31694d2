"""`over-eager-loading` of queries with several callers: what only some of them read is loaded for those alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from pitstop.data import Declined, Patch

from .served import client
from .trees import apply, findings, is_formatted, patched, proposals, write

EAGER = "over-eager-loading"
MAIN = """\
from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import ForeignKey, StaticPool, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

app = FastAPI()
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    customer: Mapped[Customer] = relationship()
    items: Mapped[list["Item"]] = relationship()

    @property
    def units(self) -> int:
        return sum(item.units for item in self.items)


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    units: Mapped[int]


Base.metadata.create_all(engine)
with Session(engine) as made:
    made.add(Order(id=1, customer=Customer(email="a@b.c"), items=[Item(units=2), Item(units=3)]))
    made.commit()


def session():
    with Session(engine) as opened:
        yield opened


class Orders:
    def __init__(self, session: Session = Depends(session)) -> None:
        self.session = session

LOOKUP

    def order(self, number: int) -> Order:
        return self.by_id(number)


@app.get("/orders/{number}")
def order(number: int, orders: Orders = Depends()) -> list[str | int]:
    found = orders.order(number)
    return [found.customer.email, found.units]


@app.get("/orders/{number}/customer")
def customer(number: int, orders: Orders = Depends()) -> int:
    return orders.order(number).customer_id


@app.get("/orders/{number}/known")
def known(number: int, orders: Orders = Depends()) -> bool:
    return orders.by_id(number) is not None
"""
INLINE = """\
    def by_id(self, number: int) -> Order:
        return self.session.scalars(
            select(Order)
            .where(Order.id == number)
            .options(joinedload(Order.customer), selectinload(Order.items))
        ).one()
"""
NAMED = """\
    def by_id(self, number: int) -> Order:
        query = select(Order).options(joinedload(Order.customer), selectinload(Order.items)).where(Order.id == number)
        return self.session.scalars(query).one()
"""
QUERY = """\
    def by_id(self, number: int) -> Order:
        return (
            self.session.query(Order)
            .filter(Order.id == number)
            .options(joinedload(Order.customer), selectinload(Order.items))
            .one()
        )
"""
ASKED = ("/orders/1", "/orders/1/customer", "/orders/1/known")


def service(lookup: str = NAMED, more: str = "") -> str:
    return MAIN.replace("LOOKUP", lookup.rstrip()) + more


def statements(root: Path) -> list[tuple[object, int]]:
    """What each route answers, and by how many statements."""
    asking, module = client(root)
    sent: list[str] = []
    event.listen(module.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    found: list[tuple[object, int]] = []
    with asking:
        for path in ASKED:
            sent.clear()
            found.append((asking.get(path).json(), len(sent) + sum("JOIN" in each for each in sent)))
    return found


@pytest.mark.parametrize("lookup", [INLINE, NAMED, QUERY], ids=["inline", "named", "query"])
def test_who_reads_nothing_of_it_loads_nothing_of_it(lookup: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": service(lookup)})
    answers = [["a@b.c", 5], 1, True]
    assert statements(tmp_path) == list(zip(answers, (3, 3, 3), strict=True))
    diff = patched(tmp_path, EAGER)
    assert statements(tmp_path) == list(zip(answers, (3, 1, 1), strict=True)), diff
    assert is_formatted(tmp_path, ["main.py"], 110)
    assert "+    return orders.order(number, with_related=False).customer_id" in diff
    assert "+        return self.by_id(number, with_related=with_related)" in diff


def test_one_relationship_names_the_parameter(tmp_path: Path) -> None:
    lookup = NAMED.replace("joinedload(Order.customer), ", "")
    write(tmp_path, {"main.py": service(lookup)})
    diff = patched(tmp_path, EAGER)
    assert "def by_id(self, number: int, with_items: bool = True) -> Order:" in diff
    assert "+        if with_items:\n+            query = query.options(selectinload(Order.items))" in diff


def test_parameters_by_keyword_get_one_more(tmp_path: Path) -> None:
    lookup = NAMED.replace("self, number: int", "self, *, number: int")
    text = service(lookup).replace("self.by_id(number)", "self.by_id(number=number)")
    text = text.replace("orders.by_id(number)", "orders.by_id(**{'number': number})")
    write(tmp_path, {"main.py": text})
    (given,) = proposals(tmp_path, EAGER)
    assert isinstance(given, Declined)
    assert "what the call gives is not written out" in given.reason
    text = text.replace("orders.by_id(**{'number': number})", "orders.by_id(number=number)")
    write(tmp_path, {"main.py": text})
    diff = patched(tmp_path, EAGER)
    assert "+    def by_id(self, *, number: int, with_related: bool = True) -> Order:" in diff
    assert "+    return orders.by_id(number=number, with_related=False) is not None" in diff
    assert statements(tmp_path)[2] == (True, 1)


@pytest.mark.parametrize(
    ("lookup", "more", "reason"),
    [
        (NAMED.replace("number: int", "number: int, *given: int"), "", "cannot be changed safely"),
        (
            NAMED.replace("        query =", "        with_related = True\n        query ="),
            "",
            "called `with_related` already",
        ),
        (
            INLINE.replace("select(Order)", "select(Order)  # the one\n            "),
            "",
            "a comment stands within",
        ),
    ],
    ids=["whatever it is given", "name taken", "comment"],
)
def test_what_cannot_be_told_is_declined(lookup: str, more: str, reason: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": service(lookup, more)})
    (given,) = proposals(tmp_path, EAGER)
    assert isinstance(given, Declined), given
    assert reason in given.reason


LATER = """

@app.post("/orders/{number}")
def later(number: int, tasks: BackgroundTasks, orders: Orders = Depends()) -> None:
    tasks.add_task(known, number, orders)
"""
MAIL = """

@app.get("/orders/{number}/mail")
def mail(number: int, orders: Orders = Depends()) -> str:
    return f"{known(number, orders)} {orders.order(number).customer.email}"
"""
CACHED = """

class Cached(Orders):
    def by_id(self, number: int) -> Order:
        return super().by_id(number)
"""
IN_A_BRANCH = """\
select(Order).where(Order.id == number)
        if number:
            query = query.options(joinedload(Order.customer))"""
CALL, OPTION = "orders.order(number).customer_id", "selectinload(Order.items)"
KEPT = {
    "read by a property": ("", CALL, "orders.order(number).units"),
    "read by a name that a string gives": ("", CALL, 'getattr(orders.order(number), "customer").id'),
    "a job runs it": (LATER, "", ""),
    "another route calls the handler": (MAIL, "", ""),
    "another class stands in for it": (CACHED, "", ""),
    "an inner join leaves rows out": (
        "",
        "joinedload(Order.customer)",
        "joinedload(Order.customer, innerjoin=True)",
    ),
    "some options are not understood": ("", OPTION, 'selectinload(getattr(Order, "items"))'),
    "it is loaded in a branch already": (
        "",
        "select(Order).options(joinedload(Order.customer), selectinload(Order.items)).where(Order.id == number)",
        IN_A_BRANCH,
    ),
}


@pytest.mark.parametrize("kind", KEPT)
def test_what_may_be_read_stays_loaded(kind: str, tmp_path: Path) -> None:
    more, old, new = KEPT[kind]
    text = service(more=more)
    assert old in text
    write(tmp_path, {"main.py": text.replace(old, new) if old else text})
    assert [f.message for f in findings(tmp_path, EAGER)] == []


def test_a_dependency_of_both_loads_it_for_both(tmp_path: Path) -> None:
    """Nobody can tell a dependency: the routes that share it are served as before, the one that calls the query itself is spared."""
    more = """

def by_path(number: int, orders: Orders = Depends()) -> Order:
    return orders.by_id(number)


@app.get("/orders/{number}/mail")
def mail(order: Order = Depends(by_path)) -> str:
    return order.customer.email


@app.get("/orders/{number}/number")
def number(order: Order = Depends(by_path)) -> int:
    return order.id
"""
    write(tmp_path, {"main.py": service(more=more)})
    (given,) = proposals(tmp_path, EAGER)
    assert isinstance(given, Patch), given
    assert "2 of the 5 routes" in findings(tmp_path, EAGER)[0].message
    assert "    return orders.by_id(number)\n" in (given.changes[0].after or "")
    apply(tmp_path, given)
    asking, _ = client(tmp_path)
    with asking:
        assert [asking.get(f"/orders/1/{each}").json() for each in ("mail", "number", "known")] == [
            "a@b.c", 1, True,
        ]  # fmt: skip


@pytest.mark.parametrize("command", ["", "report"])
def test_what_a_command_calls_too_is_told(command: str, tmp_path: Path) -> None:
    """What only idle routes run says False itself; where a command runs it as well, it is told by each of them."""
    more = """

def looked_up(orders: Orders, number: int) -> Order:
    return orders.by_id(number)


@app.get("/orders/{number}/number")
def number(number: int, orders: Orders = Depends()) -> int:
    return looked_up(orders, number).id
"""
    if command:
        more += f"""

def {command}(number: int) -> None:
    with Session(engine) as opened:
        print(looked_up(Orders(opened), number).customer.email)
"""
    write(tmp_path, {"main.py": service(more=more)})
    diff = patched(tmp_path, EAGER)
    told = "+def looked_up(orders: Orders, number: int, with_related: bool = True) -> Order:"
    assert (told in diff) == bool(command)
    assert ("+    return looked_up(orders, number, with_related=False).id" in diff) == bool(command)
    assert ("+    return orders.by_id(number, with_related=False)\n" in diff) != bool(command)
