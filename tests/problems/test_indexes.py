"""`missing-index`: every way to declare a column, and migrations in the project's own manner."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import DATABASE, apply, findings, patched, proposals, reason, write

INDEX = "missing-index"
MAIN = """\
from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Pet

app = FastAPI()


@app.get("/pets/{owner}")
def pets(owner: int, session: SessionDep):
    return [pet.id for pet in session.scalars(select(Pet).where(Pet.owner_id == owner))]
"""
MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, JSON, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Owned:
    {mixin}


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)


class Pet({bases}):
    __tablename__ = "pets"
    {args}

    id: Mapped[int] = mapped_column(primary_key=True)
    {column}
"""


def project(
    root: Path, column: str, *, mixin: str = "pass", bases: str = "Base", args: str = "", **more: str
) -> Path:
    files = {
        "app/__init__.py": "",
        "app/database.py": DATABASE,
        "app/main.py": MAIN,
        "app/models.py": MODELS.format(column=column, mixin=mixin, bases=bases, args=args),
    }
    return write(root, files | {name.replace("__", "/") + ".py": text for name, text in more.items()})


@pytest.mark.parametrize(
    ("column", "after"),
    [
        (
            'owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))',
            'owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"), index=True)',
        ),
        (
            'owner_id = Column(Integer, ForeignKey("owners.id"), nullable=False)  # who pays',
            'owner_id = Column(Integer, ForeignKey("owners.id"), nullable=False, index=True)  # who pays',
        ),
        ("owner_id: Mapped[int]", "owner_id: Mapped[int] = mapped_column(index=True)"),
        (
            'owner_id: Mapped[int] = mapped_column(\n        ForeignKey("owners.id"),\n        nullable=False,\n    )',
            'owner_id: Mapped[int] = mapped_column(\n        ForeignKey("owners.id"),\n        nullable=False,\n        index=True,\n    )',
        ),
        (
            'owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"), index=False)',
            'owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"), index=True)',
        ),
        (
            'owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id", ondelete="CASCADE"))',
            'owner_id: Mapped[int] = mapped_column(\n        ForeignKey("owners.id", ondelete="CASCADE"), index=True\n    )',
        ),
    ],
)
def test_the_column_gets_its_index(tmp_path: Path, column: str, after: str) -> None:
    root = project(tmp_path, column)
    patched(root, INDEX)
    assert after in (root / "app/models.py").read_text()


SQLMODEL = """\
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import Field, Session, SQLModel, create_engine, select

app = FastAPI()


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    {column}


def session() -> Iterator[Session]:
    with Session(create_engine("sqlite://")) as opened:
        yield opened


@app.get("/teams/{{team_id}}")
def team(team_id: int, db: Annotated[Session, Depends(session)]) -> list[int]:
    return [hero.id for hero in db.exec(select(Hero).where(Hero.team_id == team_id))]
"""


@pytest.mark.parametrize(
    ("column", "after"),
    [
        (
            'team_id: int = Field(foreign_key="team.id")',
            'team_id: int = Field(foreign_key="team.id", index=True)',
        ),
        ("team_id: int", "team_id: int = Field(index=True)"),
        ("team_id: int = 5", "team_id: int = Field(default=5, index=True)"),
    ],
)
def test_a_field_of_sqlmodel(tmp_path: Path, column: str, after: str) -> None:
    root = write(tmp_path, {"main.py": SQLMODEL.format(column=column)})
    patched(root, INDEX)
    assert f"    {after}\n" in (root / "main.py").read_text()


FOREIGN = 'owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))'


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"column": "name: Mapped[str]", "mixin": FOREIGN, "bases": "Owned, Base"}, "every table"),
        ({"column": FOREIGN, "args": '__table_args__ = {"schema": "zoo"}'}, "schema"),
        ({"column": "owner_id: Mapped[str] = mapped_column(Text)"}, "no limit"),
    ],
)
def test_what_would_reach_too_far_is_declined(tmp_path: Path, given: dict[str, str], words: str) -> None:
    assert words in reason(project(tmp_path, **given), INDEX)


def migration(revision: str, parent: str | None, table: str = "pets", head: str = "") -> str:
    down = "None" if parent is None else f'"{parent}"'
    return f'{head}from alembic import op\n\nrevision = "{revision}"\ndown_revision = {down}\n\n\ndef upgrade():\n    op.create_table("{table}")\n\n\ndef downgrade():\n    op.drop_table("{table}")\n'


@pytest.mark.parametrize(
    ("name", "revision", "made"),
    [
        ("0003_pets", "0003", "0004_index_pets_owner_id"),
        ("2024_05_01_1200-1a2b3c4d5e6f_pets", "1a2b3c4d5e6f", r"2024_05_01_1200-{}_index_pets_owner_id"),
        ("1a2b3c4d5e6f_pets", "1a2b3c4d5e6f", "{}_index_pets_owner_id"),
        ("1a2b3c4d5e6f-add-pets", "1a2b3c4d5e6f", "{}-index-pets-owner-id"),
        ("V007__pets", "1a2b3c4d5e6f", "V008__index_pets_owner_id"),
        ("pets", "1a2b3c4d5e6f", "{}_index_pets_owner_id"),
        ("2024-08-29_pets", "1a2b3c4d5e6f", "2024-08-29_index_pets_owner_id"),
        ("20240829_1530_pets", "1a2b3c4d5e6f", "20240829_1530_index_pets_owner_id"),
    ],
)
def test_a_migration_is_named_as_the_others_are(tmp_path: Path, name: str, revision: str, made: str) -> None:
    root = project(tmp_path, FOREIGN)
    write(root, {f"migrations/versions/{name}.py": migration(revision, None)})
    given = proposals(root, INDEX)
    assert isinstance(given[0], Patch)
    new = next(change for change in given[0].changes if change.before is None)
    text = new.after or ""
    number = next(
        node.value.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and node.targets[0].id == "revision"  # type: ignore[attr-defined] # all are names
        and isinstance(node.value, ast.Constant)
    )
    assert new.path == f"migrations/versions/{made.format(number)}.py"
    assert f'down_revision = "{revision}"' in text
    assert number != revision


def test_a_migration_spells_its_variables_and_types_as_the_head(tmp_path: Path) -> None:
    head = migration("aaaaaaaaaaaa", None, head="from typing import Sequence, Union\n\n")
    head = head.replace("down_revision =", "down_revision: Union[str, None] =").replace(
        "revision =", "revision: str =", 1
    )
    head = head.replace(
        "def upgrade():", "branch_labels: Union[str, Sequence[str], None] = None\n\n\ndef upgrade() -> None:"
    )
    root = project(tmp_path, FOREIGN)
    write(root, {"alembic/versions/aaaaaaaaaaaa_pets.py": head})
    diff = patched(root, INDEX)
    assert "+from typing import Sequence, Union\n" in diff
    assert '+down_revision: Union[str, None] = "aaaaaaaaaaaa"' in diff
    assert "+def upgrade() -> None:" in diff


def test_a_name_that_the_migrations_put_together_is_declined(tmp_path: Path) -> None:
    root = project(tmp_path, FOREIGN)
    text = migration("aaaa", None).replace('"pets"', 'f"{prefix}pets"')
    write(root, {"versions/aaaa_x.py": text})
    assert "put something before the name `pets`" in reason(root, INDEX)


def test_two_heads_are_declined(tmp_path: Path) -> None:
    root = project(tmp_path, FOREIGN)
    write(root, {f"versions/{n}_x.py": migration(f"{n}" * 4, None) for n in "ab"})
    assert "2 heads: aaaa, bbbb" in reason(root, INDEX)


def test_of_several_histories_the_one_that_knows_the_table_goes_on(tmp_path: Path) -> None:
    root = project(tmp_path, FOREIGN)
    write(
        root,
        {
            "core/versions/a_x.py": migration("aaaa", None, "others"),
            "zoo/versions/b_x.py": migration("bbbb", None),
        },
    )
    assert "zoo/versions/" in patched(root, INDEX)


def test_the_naming_convention_names_the_index(tmp_path: Path) -> None:
    root = project(tmp_path, FOREIGN)
    text = (root / "app/models.py").read_text()
    convention = 'naming_convention = {"ix": "%(column_0_label)s_idx"}\n'
    write(root, {"app/models.py": text + "\n\n" + convention, "versions/0001_x.py": migration("0001", None)})
    assert 'op.create_index(op.f("pets_owner_id_idx"), "pets", ["owner_id"])' in patched(root, INDEX)


def test_two_columns_one_after_another(tmp_path: Path) -> None:
    both = FOREIGN + '\n    keeper_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))'
    root = project(tmp_path, both)
    more = (
        MAIN.replace('"/pets', '"/keepers')
        .replace("def pets", "def keepers")
        .replace("owner_id", "keeper_id")
    )
    main = MAIN + "\n\n" + more[more.index("@app.get") :]
    write(root, {"app/main.py": main, "versions/0001_x.py": migration("0001", None)})
    for left in (2, 1):
        given = proposals(root, INDEX)
        assert len(given) == left
        assert isinstance(given[0], Patch)
        apply(root, given[0])
    names = sorted(path.name for path in (root / "versions").glob("*.py"))
    assert [name[:4] for name in names] == ["0001", "0002", "0003"]


def test_what_an_index_on_a_moment_holds_is_left_to_the_user(tmp_path: Path) -> None:
    root = project(tmp_path, "born: Mapped[datetime]")
    models = (root / "app/models.py").read_text().replace("class Pet(", "class PetEvent(")
    main = MAIN.replace("Pet", "PetEvent").replace(
        ".where(PetEvent.owner_id == owner)", ".order_by(PetEvent.born).limit(9)"
    )
    write(root, {"app/main.py": main, "app/models.py": "from datetime import datetime\n\n" + models})
    assert "which columns the index holds" in reason(root, INDEX)


@pytest.mark.parametrize(
    ("pins", "confidence"), [("pymysql==1.1.1\n", "possible"), ("psycopg==3.2.1\n", "likely")]
)
def test_a_driver_of_mysql_among_the_requirements_is_a_doubt(
    tmp_path: Path, pins: str, confidence: str
) -> None:
    root = project(tmp_path, "owner_id: Mapped[int] = mapped_column(ForeignKey('owners.id'))")
    (root / "requirements.txt").write_text(pins)
    (root / "app" / "tables.py").write_text("from app.models import Base\n\n\nBase.metadata.create_all()\n")
    assert {finding.confidence for finding in findings(root, INDEX)} == {confidence}


DELETES = """\
from fastapi import FastAPI

from app.database import SessionDep
from app.models import Owner

app = FastAPI()


@app.delete("/owners/{number}")
def remove(number: int, session: SessionDep) -> None:
    session.delete(session.get(Owner, number))
    session.commit()
"""
KEEPER = '\n    keeper_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))'


def test_all_keys_that_a_deletion_follows_to_one_table_get_their_index(tmp_path: Path) -> None:
    root = project(tmp_path, FOREIGN + KEEPER)
    write(root, {"app/main.py": DELETES, "versions/0001_x.py": migration("0001", None)})
    diff = patched(root, INDEX)
    for column in ("owner_id", "keeper_id"):
        assert f'+    {column}: Mapped[int] = mapped_column(ForeignKey("owners.id"), index=True)' in diff
        assert f'+    op.create_index(op.f("ix_pets_{column}"), "pets", ["{column}"])' in diff


def test_which_of_several_tables_that_a_deletion_follows_are_large_is_left_to_the_user(
    tmp_path: Path,
) -> None:
    other = 'class Visit(Base):\n    __tablename__ = "visits"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n    '
    root = project(tmp_path, f"{FOREIGN}\n\n\n{other}{FOREIGN}")
    write(root, {"app/main.py": DELETES})
    assert "the foreign keys of `pets`, `visits`" in reason(root, INDEX)
