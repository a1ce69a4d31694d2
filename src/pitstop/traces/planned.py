"""Records of what the database was asked beside the app: plans, and statements with values; see `records`."""

from __future__ import annotations

import msgspec


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


class PlanRead(_Record, frozen=True, kw_only=True):
    """One step of a plan that reads a table: all of it (`scan`), or what an index names (`search`)."""

    how: str
    table: str
    """The table as the plan names it: SQLite gives the alias where there is one."""
    alias: str = ""
    index: str = ""
    by: tuple[str, ...] = ()
    """The columns looked up in the index, the leading one first."""
    rows: int | None = None
    """How many rows the table has, as the planner knows it."""


class PlannedStep(_Record, frozen=True, kw_only=True):
    """One step of a plan as the database says it, without values; `rows` is how many it expects, where it says."""

    depth: int
    text: str
    rows: int | None = None


class Plan(_Record, frozen=True, kw_only=True, tag="plan"):
    """How the database means to carry out a statement."""

    sql: str
    database: str
    """`sqlite` or `postgresql`."""
    reads: tuple[PlanRead, ...] = ()
    sorts: int = 0
    steps: tuple[PlannedStep, ...] = ()
    """All of it, a step before those within it."""


class Sample(_Record, frozen=True, kw_only=True, tag="asked"):
    """One execution of a reading statement, with its values as the probe's `samples` writes them."""

    sql: str
    database: str
    paramstyle: str
    values: msgspec.Raw
    file: str = ""
    """The path of an SQLite database."""
