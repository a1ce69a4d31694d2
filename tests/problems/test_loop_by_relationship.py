"""`n-plus-one-loop` over rows whose look-ups are a relationship of theirs: the query of the loop loads it along."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from .served import client
from .trees import patched, write

LOOP = "n-plus-one-loop"
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, StaticPool, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = FastAPI()
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    customer: Mapped[User | None] = relationship()


Base.metadata.create_all(engine)
with Session(engine) as made:
    made.add_all([User(id=1, name="a"), User(id=2, name="b")])
    made.add_all([Order(user_id=key) for key in (1, 2, None, 9, 1)])
    made.commit()


def session():
    with Session(engine) as opened:
        yield opened


class Orders:
    def __init__(self, session: Session = Depends(session)) -> None:
        self.session = session

    def recent(self) -> list[Order]:
        query = select(Order).order_by(Order.id).limit(20)
        return list(self.session.scalars(query))

    def user(self, key: int | None) -> User | None:
        return self.session.get(User, key)


@app.get("/orders")
def orders(orders: Orders = Depends()) -> list[str]:
    found = []
    for order in orders.recent():
        user = orders.user(order.user_id)
        if user is not None:
            found.append(f"{order.id} {user.name}")
    return found
"""
ANSWER = ["1 a", "2 b", "5 a"]
BY_RELATIONSHIP = "user = order.customer"


def asked(root: Path) -> tuple[object, int]:
    """What the service answers, and by how many statements."""
    asking, module = client(root)
    sent: list[str] = []
    event.listen(module.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    with asking:
        return asking.get("/orders").json(), len(sent)


@pytest.mark.filterwarnings("ignore:fully NULL primary key identity")
def test_the_relationship_stands_for_the_look_up(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": MAIN})
    assert asked(tmp_path) == (ANSWER, 6)
    diff = patched(tmp_path, LOOP)
    assert f"+        {BY_RELATIONSHIP}" in diff
    assert ".options(joinedload(Order.customer))" in diff
    assert asked(tmp_path) == (ANSWER, 1)


OTHERWISE = {
    "the declaration tells more": ("relationship()", 'relationship(lazy="raise")'),
    "two keys lead there": (
        "    customer: Mapped",
        '    agent_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)\n    customer: Mapped',
    ),
    "several relationships do": (
        "relationship()",
        'relationship()\n    buyer: Mapped[User | None] = relationship(overlaps="customer")',
    ),
    "the key is another column": ('ForeignKey("users.id")', 'ForeignKey("users.number")'),
    "others use the query": (
        "@app.get",
        '@app.get("/numbers")\ndef numbers(orders: Orders = Depends()) -> list[int]:\n    return [order.id for order in orders.recent()]\n\n\n@app.get',
    ),
    "rows are locked": (".limit(20)", ".limit(20).with_for_update()"),
}


@pytest.mark.parametrize("why", OTHERWISE)
def test_where_it_may_not_give_the_same_all_are_asked_for_at_once(why: str, tmp_path: Path) -> None:
    old, new = OTHERWISE[why]
    assert old in MAIN
    write(tmp_path, {"main.py": MAIN.replace(old, new, 1)})
    diff = patched(tmp_path, LOOP)
    assert BY_RELATIONSHIP not in diff
    assert "users_by_id" in diff
