"""`export-loads-everything`: exports that read in batches, and those that need all rows or might lose the statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import MODELS, check, proposals, service, write

EXPORT = "export-loads-everything"
ROUTE = """\
import csv
import io


@app.get("/orders.csv")
def export(session: SessionDep) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
"""
BACK = "    return out.getvalue()\n"


def made(root: Path, body: str, route: str = ROUTE, models: str = MODELS) -> str:
    """What follows the beginning of the handler after the fix, or why there is none."""
    write(root, service(route + body + BACK, models=models))
    (one,) = proposals(root, EXPORT)
    if not isinstance(one, Patch):
        return one.reason
    check(root, one)
    assert proposals(write(root, {"app/main.py": one.changes[0].after or ""}), EXPORT) == []
    return (one.changes[0].after or "").partition(route)[2].removesuffix(BACK)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "    for order in session.query(Order).order_by(Order.id).all():\n        writer.writerow([order.id])\n",
            "    for order in session.query(Order).order_by(Order.id).yield_per(500):\n        writer.writerow([order.id])\n",
        ),
        (
            "    chosen = select(Order)\n    if out:\n        chosen = chosen.where(Order.total > 3)\n    orders = session.execute(chosen).scalars().all()\n    writer.writerow(['id'])\n    for order in orders:\n        writer.writerow([order.id, order.customer.email])\n",
            "    chosen = select(Order).execution_options(yield_per=500)\n    if out:\n        chosen = chosen.where(Order.total > 3)\n    orders = session.execute(chosen).scalars()\n    writer.writerow(['id'])\n    for order in orders:\n        writer.writerow([order.id, order.customer.email])\n",
        ),
        (
            "    writer.writerows([o.id] for o in list(session.scalars(select(Order))))\n",
            "    writer.writerows(\n        [o.id] for o in session.scalars(select(Order).execution_options(yield_per=500))\n    )\n",
        ),
    ],
)  # fmt: skip
def test_in_batches(before: str, after: str, tmp_path: Path) -> None:
    assert made(tmp_path, before) == after


ASYNC = ROUTE.replace("def ", "async def ").replace("SessionDep", "AsyncSessionDep")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "    for order in (await session.scalars(select(Order))).all():\n        writer.writerow([order.id])\n",
            "    async for order in await session.stream_scalars(\n        select(Order).execution_options(yield_per=500)\n    ):\n        writer.writerow([order.id])\n",
        ),
        (
            "    chosen = select(Order)\n    orders = (await session.execute(chosen)).scalars().all()\n    for order in orders:\n        writer.writerow([order.id])\n",
            "    chosen = select(Order).execution_options(yield_per=500)\n    orders = await session.stream_scalars(chosen)\n    async for order in orders:\n        writer.writerow([order.id])\n",
        ),
        (
            "    writer.writerows([o.id] for o in (await session.scalars(select(Order))).all())\n",
            "a loop that stands alone",
        ),
        (
            "    found = await session.execute(select(Order))\n    for order in found.scalars().all():\n        writer.writerow([order.id])\n",
            "cannot be followed",
        ),
    ],
)  # fmt: skip
def test_of_an_asynchronous_session(before: str, after: str, tmp_path: Path) -> None:
    result = made(tmp_path, before, ASYNC)
    assert result == after if after.startswith(" ") else after in result


LOOP = "    for order in orders:\n        writer.writerow([order.id])\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    orders = session.scalars(select(Order)).all()\n    print(len(orders))\n" + LOOP, "only gone through once"),
        ("    orders = session.scalars(select(Order)).all()\n    session.commit()\n" + LOOP, "is used before the last row"),
        ("    orders = session.scalars(select(Order)).all()\n" + LOOP + "        session.delete(order)\n", "is used before the last row"),
        ("    orders = session.scalars(select(Order)).all()\n" + LOOP + "        order.total = 0\n", "changed on the way"),
        ("    orders = session.scalars(select(Order).options(selectinload(Order.customer))).all()\n" + LOOP, "`options`"),
        ("    orders = session.query(Order).join(Order.customer).all()\n" + LOOP, "each object once"),
        ("    orders = sorted(session.scalars(select(Order)), key=str)\n" + LOOP, "needs all rows at once"),
        ("    customer = session.get(Customer, 1)\n" + LOOP.replace("in orders", "in customer.orders"), "of a relationship"),
        ("    url = 'mysql+pymysql://'\n    orders = session.scalars(select(Order)).all()\n" + LOOP, "no other statement"),
    ],
)  # fmt: skip
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    assert words in made(tmp_path, body)


def test_a_model_that_loads_relationships_along(tmp_path: Path) -> None:
    models = MODELS.replace(
        'relationship(back_populates="orders"', 'relationship(lazy="joined", back_populates="orders"'
    )
    body = "    orders = session.scalars(select(Order)).all()\n" + LOOP
    assert "loads relationships along" in made(tmp_path, body, models=models)
