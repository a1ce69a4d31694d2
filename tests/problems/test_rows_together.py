"""`row-by-row-write`: rows of a loop sent together, and what keeps them apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import apply, is_formatted, proposals, service, write

ROWS = "row-by-row-write"
HEAD = '@app.post("/totals")\ndef totals(ids: list[int], session: SessionDep) -> None:\n'
ASYNC_HEAD = '@app.post("/totals")\nasync def totals(ids: list[int], session: AsyncSessionDep) -> None:\n'
LOOP = "    for one in ids:\n"
MODELS = """\
from sqlalchemy.orm import Mapped, mapped_column

from app.models import Base


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    order_id: Mapped[int]
    parent_id: Mapped[int | None]
    weight: Mapped[int] = mapped_column(default=1)
"""


def given(root: Path, body: str, head: str = HEAD, **others: str) -> str:
    """The body of the handler after the only repair; the reason where there is none."""
    files = service(head + body, tags=MODELS, **others)
    files["app/main.py"] = files["app/main.py"].replace(
        "import func, select\n", "import delete, func, insert, select, update\n"
    )
    files["app/main.py"] = files["app/main.py"].replace(
        "Customer, Order\n", "Customer, Order\nfrom app.tags import Tag\n"
    )
    write(root, files)
    (found,) = proposals(root, ROWS)
    if hasattr(found, "reason"):
        return str(found.reason)
    apply(root, found)
    return (root / "app" / "main.py").read_text().partition(head)[2]


ADDED = LOOP + "        session.add(Order(total=one))\n"
FLUSHED = ADDED + "        session.flush()\n"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (FLUSHED + "    session.commit()\n", ADDED + "    session.commit()\n"),
        (FLUSHED + "    print(ids)\n    session.commit()\n", ADDED + "    session.flush()\n    print(ids)\n    session.commit()\n"),
        # what is only collected, counted and logged needs no id
        (
            "    made = []\n" + LOOP + "        order = Order(total=one)\n        session.add(order)\n\n        session.flush()\n        made.append(order)\n        print(one)\n",
            "    made = []\n" + LOOP + "        order = Order(total=one)\n        session.add(order)\n        made.append(order)\n        print(one)\n    session.flush()\n",
        ),
        # a related object needs none either
        (
            LOOP + "        order = Order(total=one)\n        session.add(Customer(orders=[order]))\n        session.flush()\n    session.commit()\n",
            LOOP + "        order = Order(total=one)\n        session.add(Customer(orders=[order]))\n    session.commit()\n",
        ),
        # a look-up that may fail
        (
            LOOP + "        try:\n            one = {1: 2}[one]\n        except KeyError:\n            one = 3\n        session.add(Order(total=one))\n        session.flush()\n    session.commit()\n",
            LOOP + "        try:\n            one = {1: 2}[one]\n        except KeyError:\n            one = 3\n        session.add(Order(total=one))\n    session.commit()\n",
        ),
        # rows of an INSERT
        (
            LOOP + '        session.execute(insert(Tag).values(name="a", order_id=one))\n',
            '    rows = [{"name": "a", "order_id": one} for one in ids]\n    if rows:\n        session.execute(insert(Tag), rows)\n',
        ),
        (
            LOOP + "        if one:\n            session.execute(insert(Tag).values(order_id=one, name=str(one)))\n    print(ids)\n",
            "    rows = []\n" + LOOP + '        if one:\n            rows.append({"order_id": one, "name": str(one)})\n    if rows:\n        session.execute(insert(Tag), rows)\n    print(ids)\n',
        ),
        # a default is none of them where the value is written there
        (
            LOOP + '        session.execute(insert(Tag).values(order_id=one, weight=2).prefix_with("OR IGNORE"))\n',
            '    rows = [{"order_id": one, "weight": 2} for one in ids]\n    if rows:\n        session.execute(insert(Tag).prefix_with("OR IGNORE"), rows)\n',
        ),
    ],
)  # fmt: skip
def test_sent_together(body: str, after: str, tmp_path: Path) -> None:
    assert given(tmp_path, body) == after
    assert is_formatted(tmp_path, ["app/main.py"])


def test_awaited(tmp_path: Path) -> None:
    body = (
        LOOP
        + "        await session.execute(\n            insert(Tag).values(\n                order_id=one,\n            ),\n        )\n"
    )
    after = '    rows = [{"order_id": one} for one in ids]\n    if rows:\n        await session.execute(insert(Tag), rows)\n'
    assert given(tmp_path, body, ASYNC_HEAD) == after


def test_a_name_that_is_taken_is_not_used(tmp_path: Path) -> None:
    body = (
        "    rows = 1\n"
        + LOOP
        + "        # of one\n        session.execute(insert(Tag).values(order_id=one))\n    print(rows)\n"
    )
    after = (
        "    rows = 1\n    new_rows = []\n" + LOOP + '        # of one\n        new_rows.append({"order_id": one})\n    if new_rows:\n'
        "        session.execute(insert(Tag), new_rows)\n    print(rows)\n"
    )  # fmt: skip
    assert given(tmp_path, body) == after


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (LOOP + "        order = Order(total=one)\n        session.add(order)\n        session.flush()\n        ids.append(order.id)\n", "reads `order.id`"),
        (LOOP + "        order = Order(total=one)\n        same = order\n        session.add(order)\n        session.flush()\n        ids.append(same.id)\n", "reads `same.id`"),
        (LOOP + "        order = Order(total=one)\n        session.add(order)\n        session.flush()\n        print(f'{order}')\n", "may need its id"),
        (LOOP + "        order = Order(total=one)\n        session.add(order)\n        session.flush()\n        tell(order)\n\n\ndef tell(order: Order) -> None:\n    print(order.id)\n", "hands what it added to `tell`"),
        (ADDED + "        session.flush()\n        print(session.scalars(select(Order)).first())\n", "also queries"),
        (ADDED + "        if one:\n            session.flush()\n        print(one)\n", "more happens after it"),
        (LOOP + "        try:\n            session.add(Order(total=one))\n            session.flush()\n        except ValueError:\n            print(one)\n", "block of its own on each turn"),
        (LOOP + "        try:\n            session.add(Order(total=int(one)))\n        except ValueError:\n            print(one)\n        session.flush()\n", "handles its own errors"),
        (LOOP + "        with session.no_autoflush:\n            session.add(Order(total=one))\n        session.flush()\n", "block of its own"),
        (LOOP + "        if not one:\n            raise ValueError\n        session.add(Order(total=one))\n        session.flush()\n", "left before its end"),
        (FLUSHED + "    else:\n        print(ids)\n", "`else`"),
        (LOOP + "        tell(one)\n        session.add(Order(total=one))\n        session.flush()\n\n\ndef tell(one: int) -> None:\n    import httpx\n\n    httpx.get(f'http://x/{one}')\n", "calls `tell`"),
        (LOOP + "        make(session, one)\n\n\ndef make(session: SessionDep, one: int) -> None:\n    session.add(Order(total=one))\n    session.flush()\n", "`make` writes one row"),
        (LOOP + "        session.execute(insert(Tag).values(order_id=one, weight=one))\n", "has a default"),
        (LOOP + "        session.execute(insert(Tag).values(order_id=one, weight=None))\n", "has a default"),
        (LOOP + "        session.execute(insert(Tag).values(order_id=func.abs(one)))\n", "worked out by the database"),
        (LOOP + "        session.execute(insert(Tag).values(order_id=Tag.id + one))\n", "worked out by the database"),
        (LOOP + "        session.execute(insert(Tag).values({'order_id': one}))\n", "cannot be read"),
        (LOOP + "        session.execute(insert(Tag).values(**{'order_id': one}))\n", "cannot be read"),
        (LOOP + "        session.execute(insert(Tag), {'order_id': one})\n", "more than its values"),
        (LOOP + "        session.execute(insert(Tag).values(order_id=one).returning(Tag.id))\n", "`returning`"),
        (LOOP + "        found = session.execute(insert(Tag).values(order_id=one))\n        print(found)\n", "answer"),
        (LOOP + "        session.execute(update(Tag).where(Tag.id == one).values(name=str(one)))\n", "values of its own"),
        (LOOP + "        session.execute(delete(Tag).where(Tag.id == one))\n", "one key each"),
    ],
)  # fmt: skip
def test_left_apart(body: str, words: str, tmp_path: Path) -> None:
    assert words in given(tmp_path, body)


def test_what_listens_to_flushes_may_count_on_each(tmp_path: Path) -> None:
    assert "listens" in given(tmp_path, FLUSHED, events='LISTENED = "before_flush"\n')
