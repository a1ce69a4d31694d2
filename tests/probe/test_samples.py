"""Values of executions, kept so that a statement can be tried again."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid

import msgspec
import pytest

from pitstop.trying import read_value
from pitstop_probe.samples import LONGEST, UnknownValueError, encoded

from .runner import Runner

APP = """
    import datetime
    from fastapi import FastAPI
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import StaticPool

    app = FastAPI()
    engine = create_engine("sqlite:///own.db")
    memory = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


    @app.get("/items/{number}")
    def item(number: int) -> int:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS items (id INTEGER, name TEXT)"))
            connection.execute(text("INSERT INTO items VALUES (:id, 'secret-written')"), {"id": number})
            found = connection.execute(
                text("SELECT id FROM items WHERE id = :id AND name <> :name"), {"id": number, "name": "x"}
            )
            return len(found.all())


    @app.get("/memory")
    def in_memory() -> int:
        with memory.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar_one()
"""


def test_values_of_reading_statements(runner: Runner) -> None:
    runner.write("sampled.py", APP)
    paths = [f"GET /items/{number}" for number in range(1, 9)]
    run = runner.requests("sampled:app", *paths, "GET /memory", samples=True)
    mine = [sample for sample in run.samples if "items" in sample.sql]
    assert [msgspec.json.decode(sample.values) for sample in mine] == [[1, "x"], [7, "x"]]
    assert {(sample.database, sample.paramstyle) for sample in run.samples} == {("sqlite", "qmark")}
    assert {sample.file for sample in mine} == {str(runner.root / "own.db")}
    (other,) = [sample for sample in run.samples if "items" not in sample.sql]
    assert other.file == ""
    assert not any("secret-written" in str(sample) for sample in run.samples)


def test_nothing_is_kept_unasked(runner: Runner) -> None:
    runner.write("sampled.py", APP)
    assert runner.requests("sampled:app", "GET /items/1").samples == ()


VALUES = [
    None,
    True,
    3,
    2.5,
    "text",
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
    datetime.date(2026, 1, 2),
    datetime.time(3, 4, 5),
    datetime.timedelta(days=1, microseconds=5),
    decimal.Decimal("1.50"),
    uuid.UUID(int=7),
    b"bytes\x00",
    (1, ("a", None)),
    {"a": 1, "b": (2,)},
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    again = read_value(msgspec.json.decode(msgspec.json.encode(encoded(value))))
    assert again == value
    assert type(again) is type(value)


class Colour(enum.Enum):
    RED = "red"


class Text(str):
    """A text with a meaning of its own, which its letters alone may not have."""

    __slots__ = ()


@pytest.mark.parametrize(
    "value", [Colour.RED, Text("a"), object(), "x" * (LONGEST + 1), b"x" * (LONGEST + 1), {1: 2}, [object()]]
)
def test_what_would_come_back_as_something_else_is_left_out(value: object) -> None:
    with pytest.raises(UnknownValueError):
        encoded(value)
