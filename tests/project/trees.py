"""Small services as text, read into a Project."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from pitstop.data import Finding
from pitstop.problems import discover
from pitstop.project import Project, read
from pitstop.project.facts import Expr
from pitstop.project.model import FunctionInfo, Type

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="user")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str]
    user: Mapped[User] = relationship(back_populates="orders")
    lines: Mapped[list["Line"]] = relationship()

class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    order: Mapped[Order] = relationship()
"""
"""Users have orders, orders have lines; only lines are indexed by what they belong to."""


def service(root: Path, files: dict[str, str]) -> Project:
    """The Project of a tree with these files; the cache is not touched."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return read(root, cache=False)


def function(project: Project, name: str) -> FunctionInfo:
    """The one function whose qualified name ends in `name`."""
    (found,) = [f for f in project.functions if f.qualname == name or f.qualname.endswith("." + name)]
    return found


def returned(project: Project, name: str) -> Type:
    """The type of the first `return` of a function."""
    info = function(project, name)
    return project.types.type_of(info.returns[0], info)


def type_at_return(root: Path, text: str, name: str = "f") -> Type:
    """The type that the function `name` of a one-file project returns."""
    return returned(service(root, {"app.py": text}), name)


def found(project: Project, problem: str) -> list[Finding]:
    """What the rule of one problem finds."""
    rule = discover()[problem].rule
    assert rule is not None
    return list(rule(project))


def text_of(info: FunctionInfo, expr: Expr) -> str:
    """The source of an expression."""
    return info.module.text(expr)
