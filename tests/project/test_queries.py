"""Where statements are sent, and by which columns they look rows up."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import MODELS, function, service

HEAD = MODELS + """
from typing import Annotated
from fastapi import Depends
from sqlalchemy import and_, delete, func, insert, select, text, update, or_
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.ext.asyncio import AsyncSession
"""  # fmt: skip


@pytest.mark.parametrize(
    ("call", "model"),
    [
        ("session.execute(select(Order))", "Order"),
        ("session.scalars(select(Order).where(Order.id == 1)).all()", "Order"),
        ("session.query(Order).filter_by(id=1).all()", "Order"),
        ("session.query(Order.id).count()", "Order"),
        ("session.execute(select(func.count(Order.id).label('n')))", "Order"),
        ("session.scalar(select(func.now()))", ""),
        ("session.get(Order, 1)", "Order"),
        ("session.execute(text('SELECT 1'))", ""),
        ("session.execute(text('  with x as (select 1) select * from x'))", ""),
        ("untyped.execute(select(Order))", "Order"),
        ("untyped.get(Order, 1)", "Order"),
        ("untyped.query(Order).filter(Order.id == 1).first()", "Order"),
        ("untyped.query(Order.id).count()", "Order"),
    ],
)
def test_what_reads(tmp_path: Path, call: str, model: str) -> None:
    project = service(tmp_path, {"app.py": HEAD + f"\ndef f(session: Session, untyped):\n    {call}\n"})
    (query,) = project.queries.direct(function(project, "f"))
    assert query.model.rpartition(".")[2] == model
    assert not query.is_async


@pytest.mark.parametrize(
    "call",
    [
        "session.execute(insert(Order))", "session.execute(update(Order).values(note='x'))", "session.execute(delete(Order))",
        "session.execute(text('UPDATE orders SET note = 1'))", "session.execute(statement)", "session.add(Order())",
        "cache.get('key')", "cache.get(Order)", "items.first()", "items.all()", "items.count()", "requests.get('x', 1)",
        "session.query(Order)", "executor.execute(work)", "{}.get(Order, 1)",
        "{}.query(Order).all()", "cache.query(statement).all()", "cache.query('orders').first()",
    ],
)  # fmt: skip
def test_what_does_not_read(tmp_path: Path, call: str) -> None:
    text = (
        HEAD
        + f"\nimport requests\ndef f(session: Session, cache, items: list, executor, statement):\n    {call}\n"
    )
    project = service(tmp_path, {"app.py": text})
    assert project.queries.direct(function(project, "f")) == ()


@pytest.mark.parametrize(
    "annotation", ["AsyncSession", "Annotated[AsyncSession, Depends(object)]", "MySession"]
)
def test_an_asynchronous_session_is_known_as_one(tmp_path: Path, annotation: str) -> None:
    text = (
        HEAD
        + f"\nclass MySession(AsyncSession): ...\nasync def f(session: {annotation}):\n    await session.execute(select(Order))\n"
    )
    project = service(tmp_path, {"app.py": text})
    (query,) = project.queries.direct(function(project, "f"))
    assert query.is_async


def filters(root: Path, statement: str) -> list[tuple[str, str, str]]:
    project = service(root, {"app.py": HEAD + f"\ndef f(session: Session, ids):\n    return {statement}\n"})
    return sorted(
        (found.model.table, found.column.name, found.kind)
        for found in project.queries.filters(function(project, "f"))
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select(Order).where(Order.user_id == 1)", [("orders", "user_id", "equal")]),
        ("select(Order).where(1 == Order.user_id, Order.id > 5)", [("orders", "id", "range"), ("orders", "user_id", "equal")]),
        ("select(Order).filter(and_(Order.user_id == 1, Order.note == 'x'))", [("orders", "note", "equal"), ("orders", "user_id", "equal")]),
        ("select(Order).where((Order.user_id == 1) & (Order.id < 2))", [("orders", "id", "range"), ("orders", "user_id", "equal")]),
        ("select(Order).where(Order.user_id.in_(ids))", [("orders", "user_id", "equal")]),
        ("session.query(Order).filter_by(user_id=1, nothing=2)", [("orders", "user_id", "equal")]),
        ("select(Order).order_by(Order.note.desc())", [("orders", "note", "order")]),
        ("select(Order).order_by(desc(Order.note).nulls_last(), nulls_first(Order.id))", [("orders", "id", "order"), ("orders", "note", "order")]),
        ("select(Order).order_by(func.lower(Order.note))", []),
        ("select(Order).where(Order.id.between(1, 9))", [("orders", "id", "range")]),
        ("select(Order).join(User, Order.user_id == User.id)", [("orders", "user_id", "join"), ("users", "id", "join")]),
        ("select(Order).where(Order.user_id != 1)", []),
        ("select(Order).where(or_(Order.user_id == 1, Order.id == 2))", []),
        ("select(Order).where(Order.note.ilike('%x%'))", []),
        ("other(Order).where(Order.user_id == 1)", []),
    ],
)  # fmt: skip
def test_filters(tmp_path: Path, statement: str, expected: list[tuple[str, str, str]]) -> None:
    assert filters(tmp_path, statement) == expected


def test_in_is_told_from_equal(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(ids):\n    return select(Order).where(Order.user_id.in_(ids), Order.note == 'x')\n"
    project = service(tmp_path, {"app.py": text})
    assert {f.column.name: f.among for f in project.queries.filters(function(project, "f"))} == {
        "user_id": True,
        "note": False,
    }


def test_conditions_of_one_statement_belong_together_over_several_lines(tmp_path: Path) -> None:
    text = HEAD + """
def f(session: Session, mine: bool):
    statement = select(Order).where(Order.user_id == 1)
    if mine:
        statement = statement.where(Order.note == "x")
    return session.scalars(statement.order_by(Order.id))
"""  # fmt: skip
    project = service(tmp_path, {"app.py": text})
    found = list(project.queries.filters(function(project, "f")))
    assert len(found) == 3
    assert len({f.statement for f in found}) == 1


def test_a_way_that_always_reads_is_told_before_one_that_may(tmp_path: Path) -> None:
    text = HEAD + """
def f(session: Session, x):
    if x:
        session.get(Order, 1)
    return g(session)
def g(session: Session):
    return h(session)
def h(session: Session):
    return session.get(User, 1)
def maybe(session: Session, x):
    return x or session.get(User, 1)
"""  # fmt: skip
    project = service(tmp_path, {"app.py": text})
    way = project.queries.find(function(project, "app.f"))
    assert way is not None
    assert [step.function.name for step in way[0]] == ["f", "g", "h"]
    assert not any(step.site.conditional for step in way[0])
    branch = project.queries.find(function(project, "app.maybe"))
    assert branch is not None
    assert branch[0][-1].site.conditional
