"""Loads: which statement is sent, what is known of it, and what becomes of its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import Project
from pitstop.project.eager import eager
from pitstop.project.facts import Return
from pitstop.project.loads import Load, is_streamed
from pitstop.project.statements import assemble

from .trees import MODELS, function, service

HEAD = MODELS + """
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

app = FastAPI()
"""  # fmt: skip


def handler(root: Path, body: str, more: str = "") -> Project:
    """A service with one route of this body."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    text = f"{HEAD}\n{more}\n\n@app.get('/x')\ndef route(session: Session, n: int):\n{lines}\n"
    return service(root, {"app.py": text})


def only(project: Project) -> Load:
    (load,) = project.loads.all
    return load


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ("return session.scalars(select(Order)).all()", "all"),
        ("return list(session.scalars(select(Order)))", "all"),
        ("result = session.execute(select(Order))\nreturn result.scalars().unique().all()", "all"),
        ("return session.query(Order).all()", "all"),
        ("return [o.id for o in session.scalars(select(Order))]", "each"),
        ("for o in session.scalars(select(Order)):\n    print(o)", "each"),
        ("return session.scalars(select(Order)).first()", "one"),
        ("return session.execute(select(Order)).scalar_one()", "one"),
        ("return session.get(Order, n)", "one"),
        ("return session.scalars(select(Order))", "unknown"),
    ],
)
def test_how_rows_are_taken(tmp_path: Path, body: str, amount: str) -> None:
    load = only(handler(tmp_path, body))
    assert [t.amount for t in load.taken] == [amount]
    assert load.model.endswith("Order")


def test_a_statement_is_followed_through_names_branches_and_helpers(tmp_path: Path) -> None:
    body = """
statement = base()
if n:
    statement = statement.where(Order.id > n)
statement = paged(statement)
return session.scalars(statement).all()
"""
    more = "def base():\n    return select(Order).order_by(Order.id)\n\ndef paged(given):\n    return given.limit(5)\n"
    statement = only(handler(tmp_path, body, more)).statement
    assert {p.method for p in statement.parts} == {"select", "order_by", "where", "limit"}
    assert not statement.unknown
    assert not statement.parameters


def test_what_callers_hand_over_is_named(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(session: Session, given):\n    return given.limit(1)\n"
    info = function(project := service(tmp_path, {"app.py": text}), "f")
    found = assemble(project.types, info.returns[0], info)
    assert found.parameters == {"given"}
    assert [p.method for p in found.parts] == ["limit"]
    assert not found.unknown


def test_a_statement_handed_to_what_sends_it_is_a_load(tmp_path: Path) -> None:
    more = "def send(session: Session, given):\n    return session.scalars(given).all()\n"
    project = handler(tmp_path, "return send(session, select(Order).limit(3))", more)
    (load,) = [x for x in project.loads.all if x.function.name == "route"]
    assert {p.method for p in load.statement.parts} == {"select", "limit"}
    assert load.takes("all")


def test_rows_are_followed_to_who_gets_them_back(tmp_path: Path) -> None:
    more = "def every(session: Session):\n    return session.scalars(select(Order)).all()\n"
    project = handler(tmp_path, "rows = every(session)\nreturn len(rows)", more)
    (load,) = [x for x in project.loads.everywhere if x.function.name == "route"]
    assert [type(use.parent).__name__ for use in project.loads.uses(load)] == ["Call"]
    (inner,) = project.loads.all
    assert all(isinstance(use.parent, Return) for use in project.loads.uses(inner))


@pytest.mark.parametrize(
    ("statement", "streamed"),
    [
        ("session.scalars(select(Order).execution_options(yield_per=10))", True),
        ("session.scalars(select(Order).execution_options(populate_existing=True))", False),
        ("session.scalars(select(Order))", False),
    ],
)
def test_what_comes_in_batches(tmp_path: Path, statement: str, streamed: bool) -> None:
    assert is_streamed(only(handler(tmp_path, f"for o in {statement}:\n    print(o)"))) is streamed


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        ("joinedload(User.orders)", ["joinedload User.orders"]),
        (
            "selectinload(User.orders).joinedload(Order.lines)",
            ["selectinload User.orders", "joinedload User.orders.lines"],
        ),
        (
            "joinedload(User.orders).options(joinedload(Order.lines), selectinload(Order.user))",
            ["joinedload User.orders", "joinedload User.orders.lines", "selectinload User.orders.user"],
        ),
        ("*[joinedload(User.orders)]", ["joinedload User.orders"]),
        ("joinedload(unknown)", []),
    ],
)
def test_loader_options_are_paths(tmp_path: Path, options: str, paths: list[str]) -> None:
    project = handler(tmp_path, f"return session.scalars(select(User).options({options})).all()")
    found = eager(project.types, only(project).statement)
    assert [f"{one.loader} {one.path}" for one in found] == paths
