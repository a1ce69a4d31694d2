"""Relationships that `backref=` puts on the other class."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import service

BASE = """
from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.orm import DeclarativeBase, backref, relationship
class Base(DeclarativeBase): ...
links = Table("links", Base.metadata)
class Parent(Base):
    __tablename__ = "parents"
    id = Column(Integer, primary_key=True)
class Child(Base):
    __tablename__ = "children"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parents.id"))
    parent = relationship("Parent", %s)
"""


@pytest.mark.parametrize(
    ("options", "many", "lazy"),
    [
        ('backref="children"', True, "select"),
        ('backref=backref("children", lazy="selectin")', True, "selectin"),
        ('backref=backref("children", uselist=False)', False, "select"),
        ('secondary=links, backref="children"', True, "select"),
    ],
)
def test_a_backref_is_a_relationship_of_the_other_class(
    tmp_path: Path, options: str, many: bool, lazy: str
) -> None:
    project = service(tmp_path, {"app.py": BASE % options})
    relation = project.models.relationships("app.Parent")["children"]
    assert (relation.target, relation.many, relation.lazy) == ("app.Child", many, lazy)
    assert relation.qualname == "Parent.children"


def test_without_a_backref_there_is_none(tmp_path: Path) -> None:
    project = service(tmp_path, {"app.py": BASE % 'back_populates="children"'})
    assert "children" not in project.models.relationships("app.Parent")
