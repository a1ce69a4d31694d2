"""`missing-response-model` and `n-plus-one-lazy-relationship`: what is declared, what is loaded, what is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch
from pitstop.problems import discover

from .trees import MODELS, findings, patched, proposals, reason, service, write

MODEL, LAZY = "missing-response-model", "n-plus-one-lazy-relationship"
POINTS = """\
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: int


def some() -> list[Point]:
    return [Point(x=1)]


@app.get("/points")
async def points({parameters}):
{body}
"""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    if app.debug:\n        return some()", "without a `return`"),
        ("    if app.debug:\n        return some()\n    return {'x': 1}", "more than one type"),
        ("    return [{'x': p.x} for p in some()]", "dicts"),
    ],
)
def test_what_may_return_something_else_is_declined(tmp_path: Path, body: str, words: str) -> None:
    root = write(tmp_path, {"main.py": POINTS.format(parameters="", body=body)})
    assert words in reason(root, MODEL)


def test_a_model_below_its_handler_is_declined(tmp_path: Path) -> None:
    text = POINTS.format(parameters="", body="    return some()")
    model = "class Point(BaseModel):\n    x: int\n\n\n"
    helper = text[text.index("def some") : text.index("@app")]
    moved = text.replace(model, "").replace(helper, "").rstrip() + "\n\n\n" + model + helper
    assert "below the handler" in reason(write(tmp_path, {"main.py": moved}), MODEL)


def test_comments_in_the_header_are_kept(tmp_path: Path) -> None:
    text = POINTS.format(
        parameters="\n    first: int = 0,  # from\n    last: int = 9,  # to\n",
        body="    return some()  # all",
    )
    root = write(tmp_path, {"main.py": text})
    patched(root, MODEL)
    assert ") -> list[Point]:\n    return some()  # all\n" in (root / "main.py").read_text()
    assert "# from\n" in (root / "main.py").read_text()


LIST = '@app.get("/x")\ndef x(session: SessionDep):\n    rows = {query}\n    return [row.customer.email for row in rows]\n'


@pytest.mark.parametrize(
    ("query", "after"),
    [
        ("session.scalars(select(Order))", "select(Order).options(joinedload(Order.customer))"),
        ("session.query(Order).all()", "session.query(Order).options(joinedload(Order.customer)).all()"),
        (
            "session.scalars(select(Order).with_for_update())",
            "select(Order).options(selectinload(Order.customer)).with_for_update()",
        ),
    ],
)
def test_the_query_loads_the_relationship(tmp_path: Path, query: str, after: str) -> None:
    root = write(tmp_path, service(LIST.format(query=query)))
    patched(root, LAZY)
    assert after in (root / "app/main.py").read_text()


def test_options_that_are_there_get_one_more(tmp_path: Path) -> None:
    main = "from sqlalchemy.orm import defer\n\n\n" + LIST.format(
        query="session.scalars(select(Order).options(defer(Order.total)))"
    )
    root = write(tmp_path, service(main))
    patched(root, LAZY)
    assert ".options(defer(Order.total), joinedload(Order.customer))" in (root / "app/main.py").read_text()


def test_a_collection_is_never_joined(tmp_path: Path) -> None:
    main = '@app.get("/x")\ndef x(session: SessionDep):\n    return [len(row.orders) for row in session.scalars(select(Customer))]\n'
    root = write(tmp_path, service(main))
    assert "joinedload" not in patched(root, LAZY)


NOTES = """\


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int]{key}
    text: Mapped[str]
"""
NOTE = '@app.get("/x")\ndef x(session: SessionDep):\n    return [row.note.text for row in session.scalars(select(Order).limit(9))]\n'


@pytest.mark.parametrize(
    ("key", "relation", "loader"),
    [
        (' = mapped_column(ForeignKey("orders.id"))', "uselist=False", "selectinload"),
        (' = mapped_column(ForeignKey("orders.id"))', "", "selectinload"),
        (' = mapped_column(ForeignKey("orders.id"), unique=True)', "uselist=False", "joinedload"),
        (
            "",
            "uselist=False, primaryjoin=\"and_(Order.id == foreign(Note.order_id), Note.text == '')\"",
            "selectinload",
        ),
        (
            ' = mapped_column(ForeignKey("orders.id"), unique=True)',
            'uselist=False, primaryjoin="Order.email == foreign(Note.text)"',
            "selectinload",
        ),
    ],
    ids=["a key of many", "by its annotation", "a unique key", "no key", "not by the key"],
)
def test_one_of_possibly_several_rows_is_not_joined(
    tmp_path: Path, key: str, relation: str, loader: str
) -> None:
    models = MODELS + f'    note: Mapped["Note"] = relationship({relation})\n' + NOTES.format(key=key)
    root = write(tmp_path, service(NOTE, models=models))
    assert f"{loader}(Order.note)" in patched(root, LAZY)


def test_a_query_in_another_module_than_the_read(tmp_path: Path) -> None:
    rows = "from sqlalchemy import select\n\nfrom app.models import Order\n\n\ndef newest(session):\n    return session.scalars(select(Order)).all()\n"
    main = "from app.rows import newest\n\n\n" + LIST.format(query="newest(session)")
    root = write(
        tmp_path,
        service(
            main,
            rows=rows.replace("(session)", "(session: Session)", 1).replace(
                "\n\nfrom app", "\nfrom sqlalchemy.orm import Session\n\nfrom app", 1
            ),
        ),
    )
    diff = patched(root, LAZY)
    assert "+++ b/app/rows.py" in diff
    assert "+++ b/app/main.py" not in diff


LOOKUP = """\
def get_one(db: SessionDep, number: int) -> Order:
    return db.scalars(select(Order).where(Order.id == number)).one()


@app.get("/names")
def names(db: SessionDep, numbers: str) -> list[str]:
    found: list[str] = []
{body}
    return found
"""


@pytest.mark.parametrize(
    "body",
    [
        """\
    for number in numbers.split():
        order = db.get_one(Order, int(number))
        found.append(order.customer.email)""",
        """\
    for number in numbers.split():
        order = get_one(db, int(number))
        found.append(order.customer.email)""",
        """\
    for number in numbers.split():
        order = db.scalars(select(Order).where(Order.id == int(number))).one()
        found.append(order.customer.email)""",
        """\
    order = get_one(db, 1)
    for number in numbers.split():
        found.append(order.customer.email + number)""",
        """\
    order = get_one(db, 1)
    for number in numbers.split():
        current = order
        found.append(current.customer.email + number)""",
        """\
    order = get_one(db, 1)
    for number in numbers.split():
        customer = order.customer
        found.append(f"{len(customer.orders)} {number}")""",
        """\
    order = last = get_one(db, 1)
    for number in numbers.split():
        last = order
        order = last
        found.append(order.customer.email + number)""",
    ],
    ids=[
        "by key", "by a function", "by a query", "outside", "outside, under another name", "a way that is the same",
        "names that go in a circle",
    ],
)  # fmt: skip
def test_a_row_that_the_loop_does_not_go_over_is_not_its_rows(tmp_path: Path, body: str) -> None:
    root = write(tmp_path, service(LOOKUP.replace("{body}", body)))
    assert findings(root, LAZY) == []


@pytest.mark.parametrize(
    "body",
    [
        """\
    for row in db.execute(select(Order)):
        order = row[0]
        found.append(order.customer.email)""",
        """\
    for each in db.scalars(select(Order)):
        order = each
        found.append(order.customer.email)""",
        """\
    rows = list(db.scalars(select(Order)))
    while rows:
        order = rows.pop()
        found.append(order.customer.email)""",
        """\
    for order in db.scalars(select(Order)):
        buyer = order.customer
        found.append(f"{len(buyer.orders)}")""",
    ],
    ids=["a row's entity", "another name", "taken from a list", "rows of a relationship"],
)
def test_a_row_of_the_loop_under_another_name_is_one_of_its_rows(tmp_path: Path, body: str) -> None:
    root = write(tmp_path, service(LOOKUP.replace("{body}", body)))
    assert findings(root, LAZY)


def test_the_way_to_a_row_under_another_name_is_part_of_the_option(tmp_path: Path) -> None:
    body = """\
    for order in db.scalars(select(Order)):
        buyer = order.customer
        found.append(f"{len(buyer.orders)}")"""
    root = write(tmp_path, service(LOOKUP.replace("{body}", body)))
    options = [
        line
        for given in proposals(root, LAZY)
        if isinstance(given, Patch)
        for line in given.diff.splitlines()
        if line.startswith("+") and ".options(" in line
    ]
    assert options
    assert all("joinedload(Order.customer)" in line for line in options)
    assert any("joinedload(Order.customer).selectinload(Customer.orders)" in line for line in options)


def test_what_another_branch_is_to_give_is_left_to_the_user() -> None:
    root = discover()[LAZY].folder / "cases" / "found_read_beside_awaited"
    assert "what it is to give where nothing was awaited is yours to say" in reason(root, LAZY)
