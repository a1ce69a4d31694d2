"""Which assignment to a name its use sees: by the classes that queries are said to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.trees import service

_HEAD = """
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase): pass
class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
class B(Base):
    __tablename__ = "b"
    id: Mapped[int] = mapped_column(primary_key=True)

def read(session: Session, flag: bool, names: list[str]) -> None:
"""


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ("stmt = select(A)\nsession.execute(stmt)\nstmt = select(B)\nsession.execute(stmt)", "AB"),
        ("if flag:\n    stmt = select(A)\n    session.execute(stmt)\nstmt = select(B)\nsession.execute(stmt)", "AB"),
        ("stmt = select(A)\nfor n in names:\n    stmt = select(B)\n    session.execute(stmt)", "B"),
        # Where a branch may have put another in, the first is still told.
        ("stmt = select(A)\nif flag:\n    stmt = select(B)\nsession.execute(stmt)", "A"),
        ("stmt = select(A)\nfor n in names:\n    stmt = select(B)\nsession.execute(stmt)", "A"),
        # A statement that is built up is what it began as.
        ("stmt = select(A)\nstmt = stmt.where(A.id == 1)\nsession.execute(stmt)", "A"),
        ("stmt = select(A)\nstmt = select(B)\nstmt = stmt.where(B.id == 1)\nsession.execute(stmt)", "B"),
        ("try:\n    stmt = select(A)\nexcept ValueError:\n    stmt = select(B)\n    session.execute(stmt)", "B"),
        ("stmt = select(A)\nfor stmt in [select(B)]:\n    session.execute(stmt)", "B"),
        ("stmt = select(A)\n[stmt for stmt in [select(B)]]\nsession.execute(stmt)", "A"),
    ],
)  # fmt: skip
def test_a_use_sees_what_surely_ran_last(tmp_path: Path, body: str, models: str) -> None:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    project = service(tmp_path, {"app.py": f"{_HEAD}{indented}\n"})
    found = [query.model for query in project.queries.reads(project.index.functions["app.read"])]
    assert "".join(name.rpartition(".")[2] for name in found) == models


def test_an_annotation_holds_for_all_assignments(tmp_path: Path) -> None:
    text = "class A: pass\n\ndef read(given):\n    a: A = given()\n    a = given.next\n    a\n    return a\n"
    project = service(tmp_path, {"app.py": text})
    function = project.index.functions["app.read"]
    assert [project.types.type_of(value, function).name for value in function.returns] == ["app.A"]
