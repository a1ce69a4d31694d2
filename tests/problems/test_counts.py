"""`count-by-loading`: what counts in the database as the rows were counted, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import apply, proposals, reason, service, write

COUNT = "count-by-loading"


def mended(root: Path, body: str, signature: str = "def number(session: SessionDep) -> int:") -> str:
    """The body of the handler after the only repair."""
    write(root, service(f'@app.get("/number")\n{signature}\n{body}'))
    (patch,) = proposals(root, COUNT)
    assert not hasattr(patch, "reason"), patch
    apply(root, patch)
    return (root / "app" / "main.py").read_text().partition(f"{signature}\n")[2]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (
            "    return len(session.scalars(select(Order)).all())\n",
            "    return session.scalars(select(func.count()).select_from(Order)).one()\n",
        ),
        (
            "    orders = session.execute(select(Order).order_by(Order.id)).scalars().all()\n    return len(orders)\n",
            "    count = session.scalars(select(func.count()).select_from(Order)).one()\n    return count\n",
        ),
        (
            "    count = session.query(Order).all()\n    if not count:\n        return -1\n    return len(count)\n",
            "    count_count = session.query(Order).count()\n    if not count_count:\n        return -1\n    return count_count\n",
        ),
        (
            "    return len(list(session.scalars(select(Order).where(Order.id > 1))))\n",
            "    return session.scalars(\n        select(func.count()).select_from(Order).where(Order.id > 1)\n    ).one()\n",
        ),
        (
            "    found = session.scalars(select(Order)).all()\n    return 1 if found else 0\n",
            "    found = session.scalars(select(Order).limit(1)).all()\n    return 1 if found else 0\n",
        ),
    ],
)
def test_counted_in_the_database(body: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, body) == after


def test_awaited(tmp_path: Path) -> None:
    body = "    return len((await session.scalars(select(Order))).all())\n"
    after = "    return (await session.scalars(select(func.count()).select_from(Order))).one()\n"
    assert mended(tmp_path, body, "async def number(session: AsyncSessionDep) -> int:") == after


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    return len(session.scalars(select(Order).distinct()).all())\n", "`distinct`"),
        ("    return len(session.query(Order).join(Order.customer).all())\n", "`join`"),
        ("    return len(session.scalars(select(Order, Order.id)).all())\n", "one `select`"),
        (
            "    statement = select(Order)\n    return len(session.scalars(statement).all())\n",
            "written where it is sent",
        ),
        (
            "    orders = session.scalars(select(Order)).all()\n    if session:\n        orders = session.scalars(select(Order)).all()\n    return len(orders)\n",
            "not one statement",
        ),
    ],
)
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    write(tmp_path, service(f'@app.get("/number")\ndef number(session: SessionDep) -> int:\n{body}'))
    assert words in reason(tmp_path, COUNT)
