"""What a schema for the tests of indexes is: tables, skewed rows, and what a service asks of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

Rows = Mapping[str, Sequence[tuple[Any, ...]]]
Columns = tuple[str, ...]


class Ask(NamedTuple):
    """A statement with qmark placeholders, one execution's values, and how often it is sent."""

    sql: str
    values: tuple[Any, ...] = ()
    times: int = 100
    silent: bool = False
    """No index may be suggested for it."""


class Schema(NamedTuple):
    """Tables in SQL that SQLite and PostgreSQL both take, their rows, and what is asked.

    `wanted` are suggestions that must come, each as a table and the columns that they may begin with; on both systems
    where `on_postgresql` says so.
    """

    name: str
    ddl: str
    rows: Callable[[random.Random], Rows]
    asked: Sequence[Ask]
    wanted: Sequence[tuple[str, set[Columns]]]
    on_postgresql: bool = False


def zipf(draw: random.Random, values: int, count: int, skew: float = 1.1) -> list[int]:
    """`count` numbers from 1 to `values`, the first ones by far the most frequent."""
    weights = list(accumulate(1 / rank**skew for rank in range(1, values + 1)))
    return draw.choices(range(1, values + 1), cum_weights=weights, k=count)


def moment(number: int) -> str:
    """A moment in 2025, later for higher numbers below half a million."""
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    month, day = divmod(days, 28)
    return f"2025-{month % 12 + 1:02}-{day + 1:02} {hours:02}:{minutes:02}:{seconds:02}"
