"""`overfetched-columns`: large columns that a statement leaves out, and statements that are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import MODELS, check, proposals, service, write

OVERFETCHED = "overfetched-columns"
LARGE = MODELS.replace("ForeignKey, String", "JSON, ForeignKey, LargeBinary, String") + (
    "    scan: Mapped[bytes] = mapped_column(LargeBinary)\n    payload: Mapped[dict] = mapped_column(JSON)\n"
)
ROUTE = """\
from pydantic import BaseModel
from sqlalchemy.orm import joinedload


class Line(BaseModel):
    id: int
    total: int


@app.get("/orders", response_model=list[Line])
def orders(session: SessionDep):
"""


def made(root: Path, main: str) -> str:
    """The file with the only finding as the fix makes it, or why it makes nothing."""
    write(root, service(main, models=LARGE))
    (one,) = proposals(root, OVERFETCHED)
    if not isinstance(one, Patch):
        return one.reason
    check(root, one)
    assert proposals(write(root, {"app/main.py": one.changes[0].after or ""}), OVERFETCHED) == []
    return one.changes[0].after or ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "    return session.query(Order).order_by(Order.id).all()\n",
            "    return (\n        session.query(Order)\n        .options(defer(Order.scan), defer(Order.payload))\n        .order_by(Order.id)\n        .all()\n    )\n",
        ),
        (
            "    chosen = select(Order).options(joinedload(Order.customer))\n    return session.scalars(chosen.limit(20)).all()\n",
            "    chosen = select(Order).options(\n        joinedload(Order.customer), defer(Order.scan), defer(Order.payload)\n    )\n    return session.scalars(chosen.limit(20)).all()\n",
        ),
        (
            "    chosen = (\n        select(Order)\n        # the newest first\n        .order_by(Order.id.desc())\n        .limit(20)\n    )\n    return session.scalars(chosen).all()\n",
            "    chosen = (\n        select(Order)\n        .options(defer(Order.scan), defer(Order.payload))\n        # the newest first\n        .order_by(Order.id.desc())\n        .limit(20)\n    )\n    return session.scalars(chosen).all()\n",
        ),
    ],
)
def test_left_out(before: str, after: str, tmp_path: Path) -> None:
    text = made(tmp_path, ROUTE + before)
    assert text.endswith(ROUTE.partition("\n\n\n")[2] + after)
    assert "from sqlalchemy.orm import defer, joinedload\n" in text


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (ROUTE + "    chosen = select(Order)\n    print(chosen)\n    return session.scalars(chosen).all()\n", "`chosen` is used for more"),
        (ROUTE + "    return session.scalars(select(Order).group_by(Order.id)).all()\n", "`group_by`"),
        (
            "def found(session: SessionDep, chosen):\n    return session.scalars(chosen).all()\n\n\n" + ROUTE + "    return found(session, select(Order))\n",
            "for whoever calls it",
        ),
        (
            "from celery import shared_task\n\n\n@shared_task\ndef found(session: SessionDep):\n    return session.scalars(select(Order)).all()\n\n\n"
            + ROUTE + "    return found(session)\n",
            "a job runs this query too",
        ),
    ],
)  # fmt: skip
def test_declined(main: str, words: str, tmp_path: Path) -> None:
    assert words in made(tmp_path, main)
