"""Handlers of one small service, each with a problem, and what the fix of the problem makes of each: read once for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pitstop import project
from pitstop.data import Patch
from pitstop.errors import PatchError
from pitstop.problems import discover

from .trees import check, reformat, service, write

MODELS = """\
from datetime import datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy import BigInteger, ForeignKey, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class State(Enum):
    OPEN = "open"
    CLOSED = "closed"


class Folded(TypeDecorator):
    impl = String


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    alias: Mapped[str] = mapped_column(Folded)
    note: Mapped[str | None]
    size: Mapped[int]
    limit: Mapped[int | None]
    cost: Mapped[Decimal]
    urgent: Mapped[bool]
    hidden: Mapped[bool | None]
    due: Mapped[datetime]
    state: Mapped[State]
    huge: Mapped[int] = mapped_column(BigInteger)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    parent: Mapped["Task | None"] = relationship()
"""
HEAD = """\
from collections import Counter
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query
from sqlalchemy import select
from sqlalchemy.orm import joinedload, with_loader_criteria

from app.database import AsyncSessionDep, SessionDep
from app.models import State, Task

app = FastAPI()
LEAST = 3


"""
FORMAT = "[tool.ruff]\nline-length = 110\n"
SIGNATURE = "def tasks(session: SessionDep, size: int, name: str, since: datetime, note: str | None = None, other=None):"


def handlers(root: Path, problem: str, bodies: Sequence[tuple[str, str]]) -> list[Patch | str]:
    """The repair of each handler, given as signature and body, of one service in a formatter's style; or why there is none."""
    main = HEAD
    for number, (signature, body) in enumerate(bodies):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        main += f'@app.get("/{number}")\n{signature.replace("tasks", f"tasks_{number}")}\n{lines}\n\n'
    write(root, service("", models=MODELS) | {"app/main.py": main, "pyproject.toml": FORMAT})
    reformat(root, 110)
    found = discover()[problem]
    assert found.rule is not None
    assert found.fix is not None
    read = project.read(root, cache=False)
    made: dict[str, Patch | str] = {}
    for finding in found.rule(read):
        name = finding.location.symbol.rpartition(".")[2]
        assert name not in made
        try:
            made[name] = found.fix(finding, read)
        except PatchError as error:
            made[name] = error.message
    assert sorted(made) == sorted(f"tasks_{number}" for number in range(len(bodies)))
    return [made[f"tasks_{number}"] for number in range(len(bodies))]


def body_of(root: Path, number: int, patch: Patch | str) -> str:
    """The body of a handler after its repair, which keeps the formatter's style and touches no other."""
    assert isinstance(patch, Patch), patch
    check(root, patch)
    text = patch.changes[0].after or ""
    before = re.split(r"@app.get.*\n", patch.changes[0].before or "")
    after = re.split(r"@app.get.*\n", text)
    assert before[1 : number + 1] + before[number + 2 :] == after[1 : number + 1] + after[number + 2 :]
    lines = after[number + 1].rstrip().partition(":\n")[2].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)
