"""Lists that follow the order in which rows happen to come: compared as multisets, and said; all other orders are compared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.patching.edits import make_patch
from pitstop.proof import document
from pitstop.proof.prover import Prover
from pitstop.verdicts import Changed, Proved
from tests.proof.service import proving

pytestmark = pytest.mark.xdist_group("unordered")

MAIN = """from collections.abc import Iterator
from typing import Any

from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Box(Base):
    __tablename__ = "boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list["Item"]] = relationship()


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id"))


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/names")
def names(db: Session = Depends(session)) -> list[str]:
    return list(db.scalars(select(Item.name)))


@app.get("/boxes")
def boxes(db: Session = Depends(session)) -> list[dict[str, Any]]:
    found = db.scalars(select(Box).options(selectinload(Box.items)))
    return [{"id": box.id, "items": [item.name for item in box.items]} for box in found]


@app.get("/sorted")
def by_name(db: Session = Depends(session)) -> list[str]:
    return sorted(db.scalars(select(Item.name)))


@app.get("/ordered")
def ordered(db: Session = Depends(session)) -> list[str]:
    return list(db.scalars(select(Item.name).order_by(Item.id)))


@app.get("/first")
def first(db: Session = Depends(session)) -> dict[str, Any]:
    found = list(db.scalars(select(Item.name)))
    return {"first": found[0], "count": len(found)}
"""
TESTS = """from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from main import Base, Box, Item, app, engine


def test_all():
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        names = iter("dbcaef")
        db.add_all([Box(items=[Item(name=next(names)) for _ in range(3)]) for _ in range(2)])
        db.commit()
    client = TestClient(app)
    for path in ("names", "boxes", "sorted", "ordered", "first"):
        assert client.get(f"/{path}").status_code == 200
"""


@pytest.fixture(scope="module")
def prover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prover]:
    with proving(tmp_path_factory.mktemp("service"), MAIN, TESTS) as opened:
        yield opened


def patch(*replaced: tuple[str, str], routes: tuple[str, ...] = ()) -> Patch:
    after = MAIN
    for old, new in replaced:
        assert after.count(old) == 1, old
        after = after.replace(old, new)
    where = Location(path="main.py", line=1)
    finding = Finding(
        id="f00d",
        problem="p",
        domain="database",
        severity="high",
        confidence="certain",
        message="m",
        location=where,
    )
    return make_patch(
        finding, "a patch", [FileChange(path="main.py", before=MAIN, after=after)], (), routes=routes
    )


NAMES = "    return list(db.scalars(select(Item.name)))\n"
DESCENDING = "    return list(db.scalars(select(Item.name).order_by(Item.id.desc())))\n"


def test_rows_that_may_come_in_any_order_may_come_in_another(prover: Prover) -> None:
    verdict = prover.prove(patch((NAMES, DESCENDING)))
    assert isinstance(verdict, Proved), verdict.reason
    assert verdict.notes == (
        "GET /names: body $: no statement names an order, so rows may come in any: compared as a multiset",
    )


def test_also_rows_within_rows(prover: Prover) -> None:
    verdict = prover.prove(
        patch(
            (
                "select(Box).options(selectinload(Box.items))",
                "select(Box).options(selectinload(Box.items)).order_by(-Box.id)",
            ),
            ("relationship()", 'relationship(order_by="Item.name")'),
            routes=("GET /boxes",),
        )
    )
    assert isinstance(verdict, Proved), verdict.reason
    assert sorted(note.partition(": no")[0] for note in verdict.notes) == [
        "GET /boxes: body $", "GET /boxes: body $[*].items",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("    return sorted(db.scalars(select(Item.name)))\n", NAMES, "GET /sorted"),
        ("(select(Item.name).order_by(Item.id))", "(select(Item.name))", ""),
        ("order_by(Item.id)))", "order_by(Item.id.desc())))", "GET /ordered"),
        (NAMES, NAMES.replace(")))", ")))[:-1]"), "GET /names"),
        (NAMES, NAMES.replace("list(", "list(2 * name for name in "), "GET /names"),
        ("found[0]", "found[-1]", "GET /first"),
    ],
)
def test_all_else_is_compared_as_ever(prover: Prover, before: str, after: str, where: str) -> None:
    verdict = prover.prove(patch((before, after)))
    if where:
        assert isinstance(verdict, Changed), verdict.reason
        assert all(each.where.startswith(where) for each in verdict.differences)
    else:
        # SQLite gives rows in this order anyway: that nothing promises it any more, no answer shows.
        assert isinstance(verdict, Proved), verdict.reason


def parsed(text: str) -> document.Value:
    return document.parse(text.encode())


@pytest.mark.parametrize(
    ("before", "after", "lists"),
    [
        ("[1, 2]", "[2, 1]", {()}),
        ("[1, 2]", "[1, 2]", set()),
        ('{"a": [1, 2], "b": [3, 4]}', '{"a": [2, 1], "b": [3, 4]}', {("a",)}),
        ("[[1, 2], [3, 4]]", "[[4, 3], [1, 2]]", {(), (document.ANY,)}),
        ("[[1, 2], [3, 4]]", "[[1, 2], [4, 3]]", {(1,)}),
        ("[1, 2]", "[1, 3]", None),
        ("[1, 2]", "[1, 2, 2]", None),
        ("[1, 1, 2]", "[1, 2, 2]", None),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', None),
        ("[1, 2.0]", "[2, 1]", None),
    ],
)
def test_lists_that_differ_by_their_order_alone(
    before: str, after: str, lists: set[document.Path] | None
) -> None:
    found = document.reordered(parsed(before), parsed(after))
    assert (None if found is None else found.keys()) == lists
    if found is not None:
        assert document.canonical(parsed(before), found) == document.canonical(parsed(after), found)


def test_noise_in_an_item_stays_with_any_item_once_the_list_has_no_order() -> None:
    mask = document.joined({("a", 0, "at"): "value"}, {("a",): "order"})
    assert mask == {("a",): "order", ("a", document.ANY, "at"): "value"}
    one, other = (
        parsed('{"a": [{"at": 1, "n": 1}, {"at": 2, "n": 2}]}'),
        parsed('{"a": [{"at": 4, "n": 2}, {"at": 3, "n": 1}]}'),
    )
    assert document.canonical(one, mask) == document.canonical(other, mask)
