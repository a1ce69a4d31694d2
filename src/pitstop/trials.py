"""What was measured of indexes that were tried on a clone of the database. Frozen values of which reports are made, see `data`."""

from __future__ import annotations

from pitstop.values import Value


class StatementTrial(Value, frozen=True, kw_only=True):
    """One statement without and with an index: ms are medians of runs in turns, `work` what the database counted.

    Where the medians of a busy machine do not tell, they are lower quartiles of more runs. `statement` is its shape, without
    values. `count` is how often the workload sent it, from `routes`.
    """

    statement: str
    count: int
    routes: tuple[str, ...]
    before_ms: float
    after_ms: float
    before_work: float
    after_work: float


class IndexAdvice(Value, frozen=True, kw_only=True):
    """An index that was built on a clone and made statements at least twice as fast, by the clock and by the database's own count.

    It was tried on top of those that were kept before it. `columns` are as `ddl` has them. `saved_ms` is the time that the
    workload would have been spared, by which suggestions are ranked; statements that the index slows are taken off it.
    """

    table: str
    columns: tuple[str, ...]
    ddl: str
    statements: tuple[StatementTrial, ...]
    work_unit: str
    """`steps` of SQLite's machine, or `rows and blocks` that PostgreSQL read."""
    size_bytes: int
    build_ms: float
    saved_ms: float
    traffic_ms: float | None = None
    """The time that the requests of the access log would have been spared, if they did as those of the run; suggestions are ranked by it."""
    unique: bool = False
    slowed: tuple[StatementTrial, ...] = ()
    """Statements that the database takes the index for and does more with than before."""
    insert_us_before: float | None = None
    """µs to put in one row without the index, and with it and those it goes together with; None where that could not be tried."""
    insert_us_after: float | None = None
    together_with: tuple[str, ...] = ()
    """The names of indexes without which this one helps nobody: the other parts of a disjunction."""
    replaces: tuple[str, ...] = ()
    """The names of indexes that begin this one, so that they are not needed beside it."""


class RejectedIndex(Value, frozen=True, kw_only=True):
    """An index that was built on a clone and is not suggested, with the figures of those statements that would use it."""

    table: str
    columns: tuple[str, ...]
    ddl: str
    reason: str
    statements: tuple[StatementTrial, ...] = ()


class UnusedIndex(Value, frozen=True, kw_only=True):
    """An index that no plan of the workload's statements uses. `statements` is how many of them use the table at all."""

    name: str
    table: str
    columns: tuple[str, ...]
    size_bytes: int
    statements: int


class DuplicateIndex(Value, frozen=True, kw_only=True):
    """An index that another one, `of`, does all the work of; `of` is empty where that is the table itself."""

    name: str
    table: str
    columns: tuple[str, ...]
    size_bytes: int
    of: str


class Untried(Value, frozen=True, kw_only=True):
    """A statement's shape, or an index by its `CREATE INDEX`, that was not tried, and why."""

    subject: str
    reason: str


class Advice(Value, frozen=True, kw_only=True):
    """What trials on a clone say about the indexes of a database; the suggestion that saves most comes first."""

    suggested: tuple[IndexAdvice, ...] = ()
    rejected: tuple[RejectedIndex, ...] = ()
    unused: tuple[UnusedIndex, ...] = ()
    duplicates: tuple[DuplicateIndex, ...] = ()
    untried: tuple[Untried, ...] = ()
