"""`unbounded-query`: a limit on lists that are only answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .choices import chosen, mended, refused
from .trees import is_formatted, service, write

PROBLEM = "unbounded-query"
OPTION = "limit"
ADD = """\
@app.post("/orders")
def add(email: str, session: SessionDep) -> None:
    session.add(Order(email=email, total=1, customer_id=1))
    session.commit()


"""
GET = '@app.get("/orders")\n'
ROWS = "session.scalars(select(Order).order_by(Order.total)).all()"


def tree(root: Path, body: str, **others: str) -> Path:
    return write(root, service(ADD + body, **others))


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (f"def orders(session: SessionDep) -> list[int]:\n    return [order.total for order in {ROWS}]\n",
         "session.scalars(select(Order).order_by(Order.total).limit(1000)).all()"),
        ("def orders(session: SessionDep):\n    return session.scalars(select(Order)).all()\n",
         "session.scalars(select(Order).order_by(Order.id).limit(1000)).all()"),
        ("def orders(session: SessionDep):\n    rows = (\n        session.query(Order)\n        .order_by(Order.total)\n        .all()\n    )\n    return {\"rows\": list(rows)}\n",
         "        .order_by(Order.total)\n        .limit(1000)\n        .all()"),
        ("async def orders(db: AsyncSessionDep):\n    asked = select(Order).order_by(Order.id)\n    result = await db.execute(asked)\n    rows = result.scalars().all()\n    return rows\n",
         "select(Order).order_by(Order.id).limit(1000)\n    result = "),
    ],
)  # fmt: skip
def test_the_statement_gets_its_limit(body: str, after: str, tmp_path: Path) -> None:
    root = tree(tmp_path, GET + body)
    mended(root, PROBLEM, OPTION)
    assert after in (root / "app/main.py").read_text()


def test_a_long_line_is_broken(tmp_path: Path) -> None:
    body = "def orders(session: SessionDep):\n    return session.scalars(select(Order).order_by(Order.total, Order.id)).all()\n"
    root = tree(tmp_path, GET + body)
    (patch,) = chosen(root, PROBLEM, OPTION)
    assert isinstance(patch, Patch)
    assert (patch.aims, patch.routes) == ((), ("GET /orders",))
    mended(root, PROBLEM, OPTION)
    assert is_formatted(root, ["app/main.py"])


def handler(body: str) -> str:
    return f"{GET}def orders(session: SessionDep, more: bool = False):\n{body}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (handler(f"    return sum([order.total for order in {ROWS}])\n"), "more is done with the rows"),
        (handler(f"    rows = {ROWS}\n    return {{'rows': rows, 'count': len(rows)}}\n"), "more is done with the rows"),
        (handler(f"    return [order.total for order in {ROWS} if order.total]\n"), "more is done with the rows"),
        (handler(f"    rows = []\n    if more:\n        rows = {ROWS}\n    return rows\n"), "`rows` is given a value in several places"),
        (handler(f"    rows = {ROWS}\n    for row in rows:\n        row.total = 0\n    return rows\n"), "more is done with the rows"),
        (handler("    return session.query(Order).join(Customer, Customer.id == Order.customer_id).all()\n"), "counts the joined rows"),
        (f"def every(session):\n    return {ROWS}\n\n\n" + handler("    return every(session)\n").replace("\ndef every(session)", ""), "reads the rows for whoever calls it"),
        ('@app.post("/orders/list")\n' + handler(f"    return {ROWS}\n"), "requests that change something"),
        (handler(f"    return {ROWS}\n") + '\n\n@app.get("/sums")\ndef sums(session: SessionDep) -> int:\n    return len(orders(session))\n', "`sums` calls `orders`"),
    ],
)  # fmt: skip
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    assert words in refused(
        tree(tmp_path, body.replace("def every(session)", "def every(session: SessionDep)")), PROBLEM, OPTION
    )


def test_a_key_that_does_not_count_says_nothing_of_what_comes_first(tmp_path: Path) -> None:
    root = tree(tmp_path, handler("    return session.scalars(select(Order)).all()\n"))
    models = root / "app/models.py"
    text = models.read_text()
    at = text.index("class Order")
    models.write_text(
        text[:at] + text[at:].replace("id: Mapped[int] = mapped", "id: Mapped[str] = mapped", 1)
    )
    assert "no number as its key" in refused(root, PROBLEM, OPTION)
