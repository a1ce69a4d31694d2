"""Models: columns, keys, every spelling of an index, relationships."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project.orm import Model

from .trees import service

BASE = """
from typing import Annotated, Optional, List
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, backref, declarative_base, declared_attr, mapped_column, relationship,
)
class Base(DeclarativeBase): ...
class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


def model(root: Path, text: str, more: dict[str, str] | None = None, name: str = "Item") -> Model:
    """One model of a file that starts with BASE."""
    project = service(root, {"app/__init__.py": "", "app/models.py": BASE + text, **(more or {})})
    return project.models.all[f"app.models.{name}"]


def item(*lines: str) -> str:
    """A class Item with a primary key and these lines."""
    head = [
        "class Item(Base):",
        "__tablename__ = 'items'",
        "id: Mapped[int] = mapped_column(primary_key=True)",
    ]
    return "\n    ".join([*head, *lines]) + "\n"


@pytest.mark.parametrize(
    ("line", "references", "indexed"),
    [
        ("x: Mapped[int] = mapped_column(ForeignKey('parents.id'))", "parents.id", False),
        ("x: Mapped[int] = mapped_column(ForeignKey('parents.id'), index=True)", "parents.id", True),
        ("x = Column(Integer, ForeignKey('parents.id'))", "parents.id", False),
        ("x = Column('x', Integer, ForeignKey(column='parents.id'), unique=True)", "parents.id", True),
        ("x = Column(ForeignKey(Parent.id))", "parents.id", False),
        ("x = Column(ForeignKey('crm.parents.id'))", "parents.id", False),
        ("x: Mapped[str]", "", False),
        ("x: Mapped[Optional[str]] = mapped_column(String(30), index=True)", "", True),
    ],
)
def test_columns(tmp_path: Path, line: str, references: str, indexed: bool) -> None:
    found = model(tmp_path, item(line))
    assert found.columns["x"].references == references
    assert found.leads_index("x") is indexed
    assert found.leads_index("id")


def test_the_name_in_the_database_is_what_indexes_go_by(tmp_path: Path) -> None:
    found = model(tmp_path, item("x = Column('y', Integer, index=True)"))
    assert found.columns["x"].name == "y"
    assert found.leads_index("y")


@pytest.mark.parametrize(
    "arguments",
    [
        "__table_args__ = (Index('ix', 'x'),)",
        "__table_args__ = (Index('ix', 'x', 'z'), {'schema': 'a'})",
        "__table_args__ = (UniqueConstraint('x', 'z', name='u'),)",
        "__table_args__ = (Index('ix', x.desc()),)",
        "__table_args__ = (Index('ix', x.desc().nulls_last()),)",
        "__table_args__ = (Index('ix', desc('x')),)",
        "__table_args__ = (Index('ix', text('x DESC NULLS LAST')),)",
        "__table_args__ = (Index(None, 'x'),)",
        "@declared_attr\n    def __table_args__(cls): return (Index('ix', 'x'),)",
    ],
)
def test_indexes_in_the_class(tmp_path: Path, arguments: str) -> None:
    assert model(tmp_path, item("x: Mapped[int]", "z: Mapped[int]", arguments)).leads_index("x")


@pytest.mark.parametrize(
    "arguments",
    [
        "__table_args__ = (Index('ix', 'z', 'x'),)",
        "__table_args__ = (Index('ix', 'x', postgresql_where=x > 1),)",
        "__table_args__ = (Index('ix', text('lower(x) DESC')),)",
        "__table_args__ = {'schema': 'a'}",
        "__table_args__ = (CheckConstraint('x > 1'),)",
    ],
)
def test_indexes_that_do_not_start_with_the_column(tmp_path: Path, arguments: str) -> None:
    assert not model(tmp_path, item("x: Mapped[int]", "z: Mapped[int]", arguments)).leads_index("x")


def test_indexes_over_part_of_the_rows_are_kept_apart(tmp_path: Path) -> None:
    found = model(
        tmp_path,
        item(
            "x: Mapped[int]", "__table_args__ = (Index('ix', 'x', postgresql_where=x > 1), Index('iy', 'id'))"
        ),
    )
    assert found.partial_indexes == [("x",)]
    assert ("id",) in found.indexes


def test_a_later_column_is_served_when_the_ones_before_it_are_given(tmp_path: Path) -> None:
    found = model(
        tmp_path, item("x: Mapped[int]", "z: Mapped[int]", "__table_args__ = (Index('ix', 'z', 'x'),)")
    )
    assert not found.serves("x", {"x"})
    assert found.serves("x", {"x", "z"})


def test_a_composite_key_serves_its_first_column(tmp_path: Path) -> None:
    text = "class Item(Base):\n    __tablename__ = 'items'\n    a: Mapped[int] = mapped_column(primary_key=True)\n    b: Mapped[int] = mapped_column(primary_key=True)\n"
    found = model(tmp_path, text)
    assert found.leads_index("a")
    assert not found.leads_index("b")


@pytest.mark.parametrize(
    "line", ["id: Mapped[key]", "id: Mapped[key] = mapped_column(init=False)", "id: Mapped['key']"]
)
def test_what_an_annotated_alias_says_of_a_column_counts(tmp_path: Path, line: str) -> None:
    text = f"key = Annotated[int, mapped_column(primary_key=True) if True else mapped_column(Integer, primary_key=True)]\nclass Item(Base):\n    __tablename__ = 'items'\n    {line}\n"
    if "'" in line.split("=")[0]:
        text = text.replace("'key'", "key")
    assert model(tmp_path, text).columns["id"].primary_key


def test_an_annotated_alias_may_hold_the_foreign_key(tmp_path: Path) -> None:
    text = "parent = Annotated[int, mapped_column(ForeignKey('parents.id'), index=True)]\n" + item(
        "x: Mapped[parent]"
    )
    found = model(tmp_path, text)
    assert found.columns["x"].references == "parents.id"
    assert found.leads_index("x")


MIGRATIONS = {
    "create_index": "op.create_index('ix', 'items', ['x'])",
    "create_index with f()": "op.create_index(op.f('ix'), 'items', ['x'], unique=False)",
    "keywords": "op.create_index(index_name='ix', table_name='items', columns=['x'])",
    "unique": "op.create_unique_constraint('u', 'items', ['x'])",
    "batch": "with op.batch_alter_table('items') as batch_op:\n        batch_op.create_index('ix', ['x'])",
    "batch, any name": "with op.batch_alter_table('items', schema=None) as b:\n        b.create_index(b.f('ix'), ['x'])",
    "sql": "op.execute('CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON items (x, z)')",
    "sql text": "op.execute(sa.text('create unique index ix on items using btree (x)'))",
    "in an order": "op.create_index('ix', 'items', [sa.text('x DESC')])",
    "a helper that asks before": "create_index_if_missing('ix', 'items', ['x'])",
    "a helper, private": "_create_index_safe('ix', 'items', ['x'], unique=False)",
    "a function of the file": "add_all()\ndef add_all():\n    op.create_index('ix', 'items', ['x'])",
    "a list gone through": "for n, t, c in [('ix', 'items', ['x'])]:\n        op.create_index(n, t, c)",
    "a list of the file": "for n, t, c in ALL:\n        op.create_index(n, t, c)\nALL = (('ix', 'items', ['x']),)",
    "in a branch": "if True:\n        op.create_index('ix', 'items', ['x'])",
}


@pytest.mark.parametrize("step", MIGRATIONS.values(), ids=MIGRATIONS)
def test_indexes_of_migrations(tmp_path: Path, step: str) -> None:
    migration = f"import sqlalchemy as sa\nfrom alembic import op\ndef upgrade():\n    {step}\n"
    assert model(tmp_path, item("x: Mapped[int]"), {"migrations/versions/0001.py": migration}).leads_index(
        "x"
    )


@pytest.mark.parametrize(
    "step",
    [
        "op.create_index('ix', 'others', ['x'])",
        "op.create_index('ix', 'items', ['x'], postgresql_where='x > 1')",
        "op.create_index('ix', 'items', ['x'])\n    op.drop_index('ix', table_name='items')",
        "op.execute('CREATE INDEX ix ON items (x) WHERE x > 1')",
        "op.execute('CREATE INDEX ix ON items (lower(x))')",
        "op.create_index('ix', 'items', [sa.text('lower(x)')])",
        "for n, t, c in [('ix', 'items', ['x'])]:\n        op.drop_index(n)",
        "pass\ndef unused():\n    op.create_index('ix', 'items', ['x'])",
        "pass\ndef downgrade():\n    op.create_index('ix', 'items', ['x'])",
    ],
)
def test_what_a_migration_does_not_leave_behind(tmp_path: Path, step: str) -> None:
    migration = f"import sqlalchemy as sa\nfrom alembic import op\ndef upgrade():\n    {step}\n"
    found = model(tmp_path, item("x: Mapped[int]"), {"migrations/versions/0001.py": migration})
    assert not found.leads_index("x")


CREATE = "op.create_index('ix', 'items', ['x'])"


@pytest.mark.parametrize(
    ("later", "is_there"),
    [
        ("op.drop_index('ix', table_name='items')", False),
        ("op.drop_index(op.f('ix'), 'items')", False),
        ("with op.batch_alter_table('items') as batch:\n        batch.drop_index('ix')", False),
        ("op.execute('DROP INDEX CONCURRENTLY IF EXISTS ix')", False),
        ("op.drop_table('items')", False),
        ("op.drop_index('ix')\n    op.create_index('ix', 'items', ['x', 'z'])", True),
        ("op.drop_index('another')", True),
        ("op.drop_table('others')", True),
    ],
)
@pytest.mark.parametrize("names", [("a.py", "b.py"), ("z.py", "b.py")])
def test_a_later_migration_counts(tmp_path: Path, later: str, is_there: bool, names: tuple[str, str]) -> None:
    """Later is what comes later in the chain of revisions, whatever the files are called."""
    head = "from alembic import op\nrevision = '{}'\ndown_revision: str | None = {}\ndef upgrade():\n    {}\n"
    files = {
        f"migrations/versions/{names[0]}": head.format("1", None, CREATE),
        f"migrations/versions/{names[1]}": head.format("2", "'1'", later),
    }
    assert model(tmp_path, item("x: Mapped[int]"), files).leads_index("x") is is_there


def test_a_merge_comes_after_both_of_its_parents(tmp_path: Path) -> None:
    head = "from alembic import op\nrevision = '{}'\ndown_revision = {}\ndef upgrade():\n    {}\n"
    files = {
        "migrations/a.py": head.format("m", ("l", "r"), "op.drop_index('ix')"),
        "migrations/b.py": head.format("l", None, CREATE),
        "migrations/c.py": head.format("r", None, "pass"),
        "elsewhere/a.py": head.format("l", None, "op.drop_index('ix')"),
    }
    assert not model(tmp_path, item("x: Mapped[int]"), files).leads_index("x")


def test_migrations_in_a_circle_end(tmp_path: Path) -> None:
    head = "from alembic import op\nrevision = '{}'\ndown_revision = {}\ndef upgrade():\n    {}\n"
    files = {"m/a.py": head.format("a", "'b'", CREATE), "m/b.py": head.format("b", "'a'", "pass")}
    assert model(tmp_path, item("x: Mapped[int]"), files).leads_index("x")


def test_an_index_beside_the_model(tmp_path: Path) -> None:
    assert model(tmp_path, item("x: Mapped[int]") + "Index('ix', Item.x)\n").leads_index("x")


def test_columns_of_mixins_and_declared_attributes(tmp_path: Path) -> None:
    text = """
class Mixin:
    created: Mapped[int] = mapped_column(index=True)
    @declared_attr
    def parent_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("parents.id"), index=True)
    @declared_attr.directive
    def __tablename__(cls): return cls.__name__.lower()
    @declared_attr
    def parent(cls) -> Mapped["Parent"]:
        return relationship("Parent")
class Item(Mixin, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
"""
    found = model(tmp_path, text)
    assert found.columns["parent_id"].references == "parents.id"
    assert found.leads_index("parent_id")
    assert found.leads_index("created")
    assert found.relationships["parent"].target == "app.models.Parent"


@pytest.mark.parametrize(
    ("made", "table"),
    [
        ("cls.__name__.lower()", "fileitem"),
        ("cls.__name__.lower() + 's'", "fileitems"),
        ("f'app_{cls.__name__.lower()}'", "app_fileitem"),
        ("'of_all'", "of_all"),
        ("snake(cls.__name__)", "file_item"),
    ],
)
def test_a_table_named_by_a_method(tmp_path: Path, made: str, table: str) -> None:
    text = f"""
class Mixin:
    @declared_attr.directive
    def __tablename__(cls): return {made}
class FileItem(Mixin, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
"""
    assert model(tmp_path, text, name="FileItem").table == table


def test_sqlmodel(tmp_path: Path) -> None:
    text = """
from sqlmodel import Field, Relationship, SQLModel
class Shape(SQLModel):
    name: str = Field(index=True)
class Item(Shape, table=True):
    id: int | None = Field(default=None, primary_key=True)
    parent_id: int = Field(foreign_key="parents.id")
    other_id: int = Field(sa_column=Column(Integer, ForeignKey("parents.id"), index=True))
    plain: str
    children: list["Child"] = Relationship(back_populates="item")
class Child(SQLModel, table=True):
    id: int = Field(primary_key=True)
    item: Item | None = Relationship(sa_relationship_kwargs={"lazy": "selectin"})
"""
    found = model(tmp_path, text)
    assert found.table == "item"
    assert {n for n in found.columns if found.leads_index(n)} == {"id", "name", "other_id"}
    assert found.columns["parent_id"].references == "parents.id"
    assert found.relationships["children"].many
    child = model(tmp_path, text, name="Child")
    assert child.relationships["item"].lazy == "selectin"
    assert "app.models.Shape" not in service(tmp_path, {}).models.all


_KEY = "p_id = Column(ForeignKey('parents.id'))"


@pytest.mark.parametrize(
    ("line", "many", "lazy"),
    [
        ("r: Mapped['Parent'] = relationship()", False, "select"),
        ("r: Mapped[list['Parent']] = relationship(lazy='selectin')", True, "selectin"),
        ("r: Mapped[List[Parent]] = relationship()", True, "select"),
        ("r: Mapped[Optional['Parent']] = relationship(lazy='joined')", False, "joined"),
        ("r = relationship('Parent')", True, "select"),
        ("r = relationship(lambda: Parent, uselist=False)", False, "select"),
        ("r = relationship('app.models.Parent', lazy='raise')", True, "raise"),
        ("p_id = Column(ForeignKey('parents.id'))\n    r = relationship(Parent)", False, "select"),
        ("p_id = Column(ForeignKey(Parent.id))\n    r = relationship(Parent)", False, "select"),
        ("p_id = Column(ForeignKey('crm.parents.id'))\n    r = relationship(Parent)", False, "select"),
        ("p_id = Column(Integer)\n    r = relationship(Parent, foreign_keys=[p_id])", False, "select"),
        ("p_id = Column(Integer)\n    r = relationship(Parent, foreign_keys='Item.p_id')", False, "select"),
        (f"{_KEY}\n    r = relationship(Parent, foreign_keys=[Parent.id])", True, "select"),
        (f"{_KEY}\n    r = relationship(Parent, foreign_keys='[Parent.item_id]')", True, "select"),
        (f"{_KEY}\n    r = relationship(Parent, links)", True, "select"),
        (f"{_KEY}\n    r = relationship(Parent, secondary='links')", True, "select"),
        (
            f"@declared_attr\n    def p_id(cls):\n        return {_KEY.removeprefix('p_id = ')}\n    r = relationship(Parent)",
            False,
            "select",
        ),
    ],
)
def test_relationships(tmp_path: Path, line: str, many: bool, lazy: str) -> None:
    found = model(tmp_path, item(line)).relationships["r"]
    assert (found.target, found.many, found.lazy) == ("app.models.Parent", many, lazy)


NODE = """
class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey("nodes.id"))
"""


@pytest.mark.parametrize(
    ("lines", "many"),
    [
        (["p_id = Column(Integer, ForeignKey('parents.id'))", "r = relationship('Parent')"], False),
        (["p_id = Column(Integer, ForeignKey('shop.parents.id'))", "r = relationship('Parent')"], False),
        (["p_id = Column(Integer, ForeignKey(Parent.id))", "r = relationship('Parent')"], False),
        (["p_id: Mapped[int] = mapped_column(ForeignKey('parents.id'))", "r = relationship('Parent')"], False),
        (["@declared_attr\n    def p_id(cls): return Column(ForeignKey('parents.id'))", "r = relationship('Parent')"], False),
        (["p_id = Column(ForeignKey('parents.id'))", "r: 'Any' = relationship('Parent')"], False),
        (["p_id = Column(ForeignKey('parents.id'))", "r = relationship('Parent', uselist=True)"], True),
        (["p_id = Column(ForeignKey('parents.id'))", "r = relationship('Parent', secondary='links')"], True),
        (["p_id = Column(ForeignKey('parents.id'))", "r = relationship('Parent', links)"], True),
        (["p_id = Column(ForeignKey('parents.id'))", "r = relationship('Parent', links, uselist=False)"], False),
        (["p_id = Column(ForeignKey('parents.id'))", "r = relationship('Far')"], True),
        (["r_id = Column(ForeignKey(f'{SCHEMA}.parents.id'))", "r = relationship('Parent')"], False),
        (["f_id = Column(ForeignKey('far.id'))", "r = relationship('Far', foreign_keys=[f_id])"], False),
        (["f_id = Column(ForeignKey('far.id'))", "r = relationship('Far', foreign_keys='Item.f_id')"], False),
        (["f_id = Column(ForeignKey('far.id'))", "r = relationship('Far', foreign_keys='[Far.item_id]')"], True),
        (["f_id = Column(ForeignKey('far.id'))", "r = relationship('Far', foreign_keys=lambda: Far.item_id)"], True),
        (["f_id = Column(Integer)", "r = relationship('Far', primaryjoin='foreign(Item.f_id) == Far.id')"], False),
        (["f_id = Column(Integer)", "r = relationship('Far', primaryjoin=lambda: f_id == foreign(Far.item_id))"], True),
    ],
)  # fmt: skip
def test_a_relationship_without_annotation_leads_to_one_where_the_key_is(
    tmp_path: Path, lines: list[str], many: bool
) -> None:
    far = "\nclass Far(Base):\n    __tablename__ = 'far'\n    id = Column(Integer, primary_key=True)\n    item_id = Column(ForeignKey('items.id'))\n"
    assert model(tmp_path, item(*lines) + far).relationships["r"].many is many


@pytest.mark.parametrize(
    ("options", "many"),
    [
        ("", True),
        (", remote_side=[id]", False),
        (", remote_side='Node.id'", False),
        (", remote_side=lambda: [Node.id]", False),
        (", remote_side=[parent_id]", True),
        (", foreign_keys=[parent_id], remote_side=id", False),
        (", primaryjoin='Node.parent_id == remote(Node.id)'", False),
        (", uselist=False", False),
    ],
)
def test_a_relationship_to_its_own_table_leads_to_many_but_for_its_remote_side(
    tmp_path: Path, options: str, many: bool
) -> None:
    text = NODE + f"    r = relationship('Node'{options})\n"
    assert model(tmp_path, text, name="Node").relationships["r"].many is many


def test_a_relationship_to_nobody_is_kept_without_target(tmp_path: Path) -> None:
    assert model(tmp_path, item("r = relationship('Nobody')")).relationships["r"].target == ""


def test_a_class_described_again_by_a_migration_is_not_meant(tmp_path: Path) -> None:
    lines = item("p_id = Column(ForeignKey('parents.id'))", "r = relationship('Parent')")
    files = {
        "app/__init__.py": "",
        "app/models.py": BASE,
        "app/items.py": f"from app.models import Base, Column, ForeignKey, Mapped, mapped_column, relationship\n{lines}",
        "migrations/0007_parents.py": BASE + "def upgrade(): ...\n",
    }
    found = service(tmp_path, files).models.all["app.items.Item"].relationships["r"]
    assert (found.target, found.many) == ("app.models.Parent", False)


def test_eager_relationships_in_a_circle_end(tmp_path: Path) -> None:
    text = """
class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    me: Mapped["Item"] = relationship(lazy="selectin")
"""
    project = service(tmp_path, {"app/__init__.py": "", "app/models.py": BASE + text})
    assert project.models.eager("app.models.Item") == {"Item.me"}


@pytest.mark.parametrize(
    ("id_column", "leads"),
    [
        # SQLAlchemy 2 puts own columns first; before it, those of the base came first, and `Column` is known to both.
        ("id: Mapped[int] = mapped_column(primary_key=True)", {"parent_id"}),
        ("id = Column(Integer, primary_key=True)", {"parent_id", "id"}),
    ],
)
def test_the_order_of_a_key_with_inherited_columns(tmp_path: Path, id_column: str, leads: set[str]) -> None:
    text = f"""
class Record(Base):
    __abstract__ = True
    {id_column}
class Item(Record):
    __tablename__ = "items"
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"), primary_key=True)
"""
    item = model(tmp_path, text)
    assert {name for name in ("id", "parent_id") if item.leads_index(name)} == leads


def test_the_key_of_a_sqlmodel_starts_with_the_base(tmp_path: Path) -> None:
    text = """
from sqlmodel import Field, SQLModel
class Record(SQLModel):
    id: int = Field(primary_key=True)
class Item(Record, table=True):
    parent_id: int = Field(foreign_key="parents.id", primary_key=True)
"""
    item = model(tmp_path, text)
    assert item.leads_index("id")
    assert not item.leads_index("parent_id")


def test_a_base_made_from_a_class_has_what_the_class_has(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/database.py": """
            from sqlalchemy.orm import declarative_base, declared_attr
            class Common:
                @declared_attr
                def __tablename__(cls): return cls.__name__.lower()
            Base = declarative_base(cls=Common)
            """,
        "app/models.py": """
            from sqlalchemy import Column, Integer
            from app.database import Base
            class Room(Base):
                id = Column(Integer, primary_key=True)
            class Note:
                id = Column(Integer, primary_key=True)
            """,
    }
    assert list(service(tmp_path, files).models.all) == ["app.models.Room"]
