"""Where a function writes: statements, flushes, commits, and only what runs whenever the function does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import Project, read

HEAD = """
import git
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class Task(Base):
    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)

def save(db: Session, now: bool = False) -> None:
    db.flush()
    if now:
        db.commit()

"""


def project(root: Path, body: str) -> Project:
    (root / "main.py").write_text(HEAD + body)
    return read(root, cache=False)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("db.execute(insert(Task).values(id=1))", "insert"),
        ("db.execute(update(Task).where(Task.id == 1).values(id=2))", "update"),
        ("db.execute(delete(Task))", "delete"),
        ('db.execute(text("UPDATE tasks SET id = 2"))', "update"),
        ('db.execute(text(f"DELETE FROM tasks WHERE id = {key}"))', "delete"),
        ("db.query(Task).filter(Task.id == 1).delete()", "delete"),
        ("db.flush()", "flush"),
        ("db.commit()", "commit"),
        ("db.execute(select(Task))", None),
        ("db.execute(insert(Task), [{'id': 1}, {'id': 2}])", None),
        ("db.add(Task())", None),
        ("{}.update(a=1)", None),
        ("git.Repo().index.commit('x')", None),
    ],
)
def test_a_write_is_known_by_its_session_and_statement(tmp_path: Path, call: str, kind: str | None) -> None:
    found = project(tmp_path, f"def work(db: Session, key: int) -> None:\n    {call}\n")
    writes = found.writes.direct(found.index.functions["main.work"])
    assert [write.kind for write in writes] == ([kind] if kind else [])


def test_a_write_behind_a_branch_is_no_way_to_it(tmp_path: Path) -> None:
    found = project(tmp_path, "def work(db: Session) -> None:\n    save(db)\n")
    work = found.index.functions["main.work"]
    assert found.writes.find(work, "commit") is None
    way = found.writes.find(work, "flush")
    assert way is not None
    assert [step.function.name for step in way[0]] == ["work", "save"]


def test_the_else_of_a_loop_runs_once(tmp_path: Path) -> None:
    body = "def work(db: Session) -> None:\n    for _ in (1, 2):\n        db.flush()\n    else:\n        db.commit()\n"
    found = project(tmp_path, body)
    writes = found.writes.direct(found.index.functions["main.work"])
    assert {write.kind: len(write.site.loops) for write in writes} == {"flush": 1, "commit": 0}


SCOPE = """
from contextlib import contextmanager
from sqlalchemy.orm import sessionmaker

maker = sessionmaker()

@contextmanager
def scope():
    with maker() as db:
        yield db
        db.commit()

def rename(task: Task) -> None:
    task.id = 2

"""


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("db.scalars(select(Task)).all()", False),
        ("seen.add(db.get(Task, 1).id)", False),
        ("db.add(Task())", True),
        ("db.get(Task, 1).id = 2", True),
        ("rename(db.get(Task, 1))", True),
        ("db.execute(delete(Task))", True),
        ("archive.store(db.get(Task, 1))", True),
    ],
)
def test_a_scope_in_which_nothing_changes_commits_nothing(tmp_path: Path, line: str, written: bool) -> None:
    body = f"{SCOPE}def work(archive) -> None:\n    seen = set()\n    with scope() as db:\n        {line}\n"
    found = project(tmp_path, body)
    assert (found.writes.find(found.index.functions["main.work"], "commit") is not None) is written
