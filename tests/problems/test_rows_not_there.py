"""`expected-failure-becomes-500`: a query comes to the check below it, where one stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import patched, reason, service, write

FAILS = "expected-failure-becomes-500"
MAIN = """\
@app.get("/orders/{order_id}")
def order(order_id: int, db: SessionDep):
    found = db.scalars(select(Order).where(Order.id == order_id)).one()

    # never there
    if found is None:
        raise HTTPException(status_code=404)
    return found.total
"""


def written(root: Path, main: str) -> Path:
    files = service(main)
    files["app/main.py"] = files["app/main.py"].replace("import FastAPI", "import FastAPI, HTTPException")
    return write(root, files)


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("db.scalars(", "db.scalars(", ".where(Order.id == order_id)).one_or_none()\n\n    # never there\n"),
        (
            "db.scalars(select(Order).where(Order.id == order_id)).one()",
            "db.execute(\n        select(Order).where(Order.id == order_id)\n    ).scalar_one()  # the row",
            "    ).scalar_one_or_none()  # the row\n",
        ),
        (
            "db.scalars(select(Order).where(Order.id == order_id)).one()",
            "db.get_one(Order, order_id)",
            "    found = db.get(Order, order_id)\n",
        ),
        ("if found is None:", "if not found:", ".one_or_none()\n"),
        ("if found is None:", "if found is None or found.total == 0:", ".one_or_none()\n"),
        ("        raise HTTPException(status_code=404)", "        return 0", ".one_or_none()\n"),
    ],
)  # fmt: skip
def test_the_check_below_is_reached(old: str, new: str, after: str, tmp_path: Path) -> None:
    assert old in MAIN
    root = written(tmp_path, MAIN.replace(old, new))
    patched(root, FAILS)
    assert after in (root / "app/main.py").read_text()


def test_a_coroutine(tmp_path: Path) -> None:
    main = MAIN.replace("def order", "async def order").replace("SessionDep", "AsyncSessionDep")
    root = written(tmp_path, main.replace("db.scalars(", "(await db.scalars(").replace(".one()", ").one()"))
    patched(root, FAILS)
    assert "== order_id))).one_or_none()\n" in (root / "app/main.py").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    if found is None:\n        raise HTTPException(status_code=404)\n", "", "nothing below it answers"),
        ("    if found is None:", "    print(found.total)\n    if found is None:", "nothing below it answers"),
        ("    if found is None:", "    if found.total == 0 or found is None:", "nothing below it answers"),
        ("    if found is None:", "    if found is None and order_id:", "nothing below it answers"),
        ("    found = ", "    found = more = ", "nothing below it answers"),
        ("        raise HTTPException(status_code=404)", "        print(order_id)", "goes on"),
        (
            "db.scalars(select(Order).where(Order.id == order_id)).one()",
            "db.get(Order, int(size))\n    return size",
            "let FastAPI read the value",
        ),
    ],
)  # fmt: skip
def test_declined(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in MAIN
    main = MAIN.replace(old, new)
    root = written(
        tmp_path, main.replace("order_id: int, db", "order_id: int, size: str, db") if "size" in new else main
    )
    assert words in reason(root, FAILS)
