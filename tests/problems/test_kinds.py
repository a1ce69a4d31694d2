"""What columns and values are, by each way in which they are declared."""

from __future__ import annotations

from pathlib import Path

from pitstop import project
from pitstop.problems.kinds import Kind, of_column, of_value
from pitstop.project.facts import Call

from .trees import write

MODELS = """\
from datetime import datetime
from enum import Enum
from typing import Optional

from sqlalchemy import Column, DateTime, Integer, Numeric, String, TypeDecorator
from sqlalchemy import Enum as Choice
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Colour(Enum):
    RED = 1


class Text(TypeDecorator):
    impl = String


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"

    id = Column(Integer, primary_key=True)
    name = Column("called", String(80))
    code = Column(String(collation="NOCASE"), nullable=False)
    colour = Column(Choice(Colour), nullable=False)
    own = Column(Text)
    key = Column(UUID(as_uuid=False), nullable=False)
    price = Column(Numeric(10, 2), nullable=False)
    at: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    shade: Mapped[Colour | None]
    stated: Mapped[int | None] = mapped_column(nullable=False)
    data: Mapped[dict]
"""
COLUMNS = {
    "id": Kind("int"),
    "name": Kind("str", nullable=True),
    "code": Kind(""),
    "colour": Kind("enum:app.models.Colour"),
    "own": Kind("", nullable=True),
    "key": Kind(""),
    "price": Kind("decimal"),
    "at": Kind("datetime", nullable=True),
    "shade": Kind("enum:app.models.Colour", nullable=True),
    "stated": Kind("int"),
    "data": Kind(""),
}
MAIN = """\
from datetime import datetime

from pydantic import BaseModel

from app.models import Colour, Thing


class Asked(BaseModel):
    name: str
    least: int | None = None


def asked(number: int, since: datetime | None, by: Asked, thing: Thing, colour: Colour, other):
    return use(number, since, by.name, by.least, thing.id, thing.at, Colour.RED, colour, other, 3, "a", None, 1.5)
"""
VALUES = [
    Kind("int"),
    Kind("datetime", nullable=True),
    Kind("str"),
    Kind("int", nullable=True),
    Kind("int"),
    Kind("datetime", nullable=True),
    Kind("enum:app.models.Colour"),
    Kind("enum:app.models.Colour"),
    Kind(""),
    Kind("int"),
    Kind("str"),
    Kind("", nullable=True),
    Kind("float"),
]


def test_kinds(tmp_path: Path) -> None:
    write(tmp_path, {"app/__init__.py": "", "app/models.py": MODELS, "app/main.py": MAIN})
    read = project.read(tmp_path, cache=False)
    columns = read.models.all["app.models.Thing"].columns
    assert {name: of_column(read, column) for name, column in columns.items()} == COLUMNS
    function = read.index.functions["app.main.asked"]
    call = function.calls[0].node
    assert isinstance(call, Call)
    assert [of_value(read, argument, function) for argument in call.args] == VALUES
