"""Small services written to a folder, and what the fixes of a problem make of them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pitstop import project
from pitstop.data import Declined, Finding, Patch
from pitstop.errors import PatchError
from pitstop.problems import discover

from .driven import told

MODELS = """\
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", foreign_keys="Order.customer_id")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    email: Mapped[str] = mapped_column(String(80), index=True)
    total: Mapped[int]
    customer: Mapped[Customer] = relationship(back_populates="orders", foreign_keys=[customer_id])
"""
DATABASE = """\
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


async def async_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(create_async_engine("sqlite+aiosqlite://")) as opened:
        yield opened


SessionDep = Annotated[Session, Depends(session)]
AsyncSessionDep = Annotated[AsyncSession, Depends(async_session)]
"""
HEAD = """\
from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import AsyncSessionDep, SessionDep
from app.models import Customer, Order

app = FastAPI()


"""


def service(main: str, **others: str) -> dict[str, str]:
    """A service with a database; `main` is what follows its imports."""
    files = {
        "app/__init__.py": "",
        "app/models.py": MODELS,
        "app/database.py": DATABASE,
        "app/main.py": HEAD + main,
    }
    return files | {f"app/{name}.py": text for name, text in others.items()}


def write(root: Path, files: Mapping[str, str]) -> Path:
    """The files, byte for byte."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


def findings(root: Path, problem: str, requests: Sequence[str] = ()) -> list[Finding]:
    """What the problem's rule finds in a tree; where only traces show it, what is told while the tree answers the requests."""
    found = discover()[problem]
    if found.rule is None:
        return told(found, root.with_name(f"{root.name}-run"), root, list(requests))
    return list(found.rule(project.read(root, cache=False)))


def proposals(root: Path, problem: str, requests: Sequence[str] = ()) -> list[Patch | Declined]:
    """What the problem's fix proposes for each finding of a tree, every patch checked."""
    found = discover()[problem]
    assert found.fix is not None
    read = project.read(root, cache=False)
    given: list[Patch | Declined] = []
    for finding in findings(root, problem, requests):
        try:
            patch = found.fix(finding, read)
        except PatchError as error:
            given.append(Declined(finding=finding.id, problem=problem, reason=error.message))
        else:
            check(root, patch)
            given.append(patch)
    return given


def check(root: Path, patch: Patch) -> None:
    """That a patch parses, names a name once, and keeps every line but those it must change."""
    for change in patch.changes:
        after = change.after or ""
        names: list[str] = []
        for node in ast.parse(after).body if change.path.endswith(".py") else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                names += [each.asname or each.name for each in node.names]
        assert len(names) == len(set(names)), f"a name is imported twice in {change.path}"
        if change.before is not None:
            assert (root / change.path).read_bytes().decode() == change.before
            endings = {line[-2:] == "\r\n" for line in after.splitlines(keepends=True) if line.endswith("\n")}
            assert len(endings) <= 1, "line ends are mixed"


def patched(root: Path, problem: str, requests: Sequence[str] = ()) -> str:
    """The diff of the only finding's patch, which is then applied; nothing may be found there afterwards."""
    given = proposals(root, problem, requests)
    assert len(given) == 1, given
    assert isinstance(given[0], Patch), given[0]
    apply(root, given[0])
    assert findings(root, problem, requests) == [], "a second run still finds something"
    return given[0].diff


def apply(root: Path, patch: Patch) -> None:
    """The patch's files as they should be."""
    write(root, {change.path: change.after or "" for change in patch.changes})


def reason(root: Path, problem: str) -> str:
    """Why the only finding got no patch."""
    given = proposals(root, problem)
    assert len(given) == 1, given
    assert isinstance(given[0], Declined), given[0]
    return given[0].reason


def is_formatted(root: Path, paths: Iterable[str], length: int = 88) -> bool:
    """Whether ruff would leave the files as they are."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--line-length", str(length)]
    return subprocess.run([*command, *paths], cwd=root, capture_output=True, check=False).returncode == 0


def reformat(root: Path, length: int = 88) -> None:
    """All files as ruff would have them."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(length), "."]
    subprocess.run(command, cwd=root, capture_output=True, check=True)
