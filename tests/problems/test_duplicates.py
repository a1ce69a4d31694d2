"""`duplicate-query`: rows that a session is asked for by their key, and those that only a person can spare."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import proposals, service, write

DUPLICATE = "duplicate-query"
HANDLER = """\
from fastapi import HTTPException


@app.put("/orders/{order_id}")
def put_order(order_id: int, total: int, session: SessionDep) -> None:
    order = find(session, order_id)
    if order is None:
        raise HTTPException(404)
    change(session, order_id, total)


def find(session: SessionDep, order_id: int) -> Order | None:
    return session.get(Order, order_id)


"""
ASYNC = HANDLER.replace("def ", "async def ").replace("SessionDep", "AsyncSessionDep").replace(
    "session.get(", "await session.get("
).replace("= find(", "= await find(").replace("    change(", "    await change(")  # fmt: skip
CHANGE = "def change(session: SessionDep, order_id: int, total: int) -> None:\n"


def after(root: Path, main: str) -> str:
    """What the fix makes of the file that has the only finding, or why it makes nothing."""
    write(root, service(main))
    (made,) = proposals(root, DUPLICATE)
    return (made.changes[0].after or "") if isinstance(made, Patch) else made.reason


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "    order = session.scalar(select(Order).where(Order.id == order_id))\n    order.total = total\n",
            "    order = session.get(Order, order_id)\n    order.total = total\n",
        ),
        (
            "    order = session.query(Order).filter_by(id=order_id).limit(1).first()\n    order.total = total\n",
            "    order = session.get(Order, order_id)\n    order.total = total\n",
        ),
        (
            "    order = (\n        session.query(Order)\n        .filter(order_id == Order.id)\n        .one_or_none()\n    )\n    order.total = total\n",
            "    order = session.get(Order, order_id)\n    order.total = total\n",
        ),
        (
            "    # the one to change\n    chosen = select(Order).where(Order.id == order_id)\n    found = session.execute(chosen)\n    order = found.unique().scalar_one_or_none()\n    order.total = total\n",
            "    # the one to change\n    order = session.get(Order, order_id)\n    order.total = total\n",
        ),
        (
            "    session.scalars(select(Order).where(Order.id == order_id)).first().total = total\n",
            "    session.get(Order, order_id).total = total\n",
        ),
    ],
)
def test_asked_by_its_key(before: str, expected: str, tmp_path: Path) -> None:
    assert after(tmp_path, HANDLER + CHANGE + before).endswith(CHANGE + expected)


def test_awaited(tmp_path: Path) -> None:
    change = "async " + CHANGE.replace("SessionDep", "AsyncSessionDep")
    before = "    found = await session.execute(select(Order).where(Order.id == order_id))\n    found.scalar_one_or_none().total = total\n"
    made = after(tmp_path, ASYNC + change + before)
    assert made.endswith(change + "    (await session.get(Order, order_id)).total = total\n")


def test_what_a_dependency_hands_on(tmp_path: Path) -> None:
    made = after(
        tmp_path,
        """\
from typing import Annotated

from fastapi import Depends


def existing(order_id: int, session: SessionDep) -> Order:
    return session.scalars(select(Order).where(Order.id == order_id)).one()


@app.get("/orders/{order_id}")
def order(found: Annotated[Order, Depends(existing)], order_id: int, session: SessionDep) -> int:
    order = session.scalars(select(Order).where(Order.id == order_id)).first()
    return order.total
""",
    )
    assert "    order = session.get(Order, order_id)\n    return order.total\n" in made


@pytest.mark.parametrize(
    ("version", "words"), [("2.0.21", "`get_one`"), ("2.0.22", ""), ("1.3.24", "before 1.4")]
)
def test_one_that_must_be_there(version: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"fastapi==0.115.0\nsqlalchemy=={version}\n")
    body = "    order = session.scalars(select(Order).where(Order.id == order_id)).one()\n    order.total = total\n"
    made = after(tmp_path, HANDLER + CHANGE + body)
    assert words in made
    assert ("    order = session.get_one(Order, order_id)\n" in made) == (not words)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "    order = session.scalar(select(Order).where(Order.id == order_id, Order.total > 3))\n    order.total = total\n",
            "more than its key",
        ),
        (
            "    order = session.scalar(\n        # by its key\n        select(Order).where(Order.id == order_id)\n    )\n    order.total = total\n",
            "a comment",
        ),
        (
            "    chosen = select(Order).where(Order.id == order_id)\n    print(chosen)\n    session.scalar(chosen).total = total\n",
            "in the line before",
        ),
    ],
)
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    assert words in after(tmp_path, HANDLER + CHANGE + body)


READ = "    order = session.scalar(select(Order).where(Order.id == order_id))\n    order.total = total\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    order = find(session, order_id)\n    if order is None:", "    if find(session, order_id) is None:", "keeps the row"),
        ("    change(session", "    order = None\n    change(session", "keeps the row"),
        ("from fastapi", "from sqlalchemy.event import listens_for  # do_orm_execute\nfrom fastapi", "conditions are added"),
        ("order_id: int, total: int, session", "order_id: int, total: int, session", ""),
    ],
)  # fmt: skip
def test_declined_by_what_stands_around(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in HANDLER
    made = after(tmp_path, HANDLER.replace(old, new) + CHANGE + READ)
    assert words in made
    assert ("session.get(Order, order_id)\n    order.total" in made) == (not words)


def test_a_session_of_its_own(tmp_path: Path) -> None:
    change = "def change(session: SessionDep, order_id: int, total: int) -> None:\n    with Session(engine) as own:\n"
    body = (
        "        order = own.scalar(select(Order).where(Order.id == order_id))\n        order.total = total\n"
    )
    find = HANDLER.replace("    return session.get(Order, order_id)", "    with Session(engine) as own:\n        return own.get(Order, order_id)")  # fmt: skip
    head = "from sqlalchemy.orm import Session\n\nfrom app.database import engine\n\n"
    assert "a session of its own" in after(tmp_path, head + find + change + body)


def test_another_column_that_is_unique(tmp_path: Path) -> None:
    main = """\
@app.put("/customers")
def put_customer(email: str, session: SessionDep) -> None:
    customer = session.scalars(select(Customer).where(Customer.email == email)).first()
    if customer is not None:
        change(session, email)


def change(session: SessionDep, email: str) -> None:
    customer = session.scalars(select(Customer).where(Customer.email == email)).first()
    customer.email = ""
"""
    assert "by a primary key" in after(tmp_path, main)
