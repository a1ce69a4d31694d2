"""What a trial asks of a clone, whichever database it is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from pitstop.indexes.catalogue import Catalogue, Table
from pitstop.indexes.parsing import Parsed

SAMPLE_ROWS = 1000
"""Rows that are put in again to see what an index costs those who write."""


class Refused(Exception):  # noqa: N818 - an answer of the database, told apart from its being late
    """The database would not do it. The message names the kind of error, never a value."""


class TooLate(Exception):  # noqa: N818 - not an error: time given is up
    """The time given for the trials ended in the middle of something, which was then stopped."""


class Deadline:
    """A moment by which trials have to be through."""

    def __init__(self, seconds: float) -> None:
        self._end = self._last = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; negative afterwards."""
        return self._end - time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether all of the time is up, and not only that of one part."""
        return time.monotonic() >= self._last

    def check(self) -> None:
        """Raise TooLate when the time is up."""
        if self.left <= 0:
            raise TooLate

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Give the block so many seconds, or what is left if that is less."""
        end = self._end
        self._end = min(end, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._end = end


class Engine(Protocol):
    """One clone. All that runs a statement does so in a transaction that is rolled back.

    Methods raise Refused for what the database will not do, TooLate when the time is up.
    """

    work_unit: str
    """What `work` counts."""
    worth_it: float
    """Work from which on an index may matter."""

    def catalogue(self) -> Catalogue: ...

    def why_not(self, parsed: Parsed) -> str:
        """Why a statement must not be run even on a clone; empty where it may."""

    def indexes_used(self, parsed: Parsed, values: Sequence[Any]) -> frozenset[str]:
        """The names of the indexes in the statement's plan, which is not carried out."""

    def run(self, parsed: Parsed, values: Sequence[Any]) -> float:
        """Run the statement, fetch all rows, and return ms."""

    def work(self, parsed: Parsed, values: Sequence[Any]) -> float:
        """Run the statement and return what the database counted."""

    def create(self, name: str, statement: str, table: Table) -> tuple[float, int]:
        """Build an index, have it known to the planner, and return ms of the building and its bytes."""

    def drop(self, name: str, table: Table) -> None:
        """Remove an index if it is there."""

    def size(self, name: str, table: Table) -> int:
        """Bytes that an index takes; 0 where that cannot be told."""

    def insertion(self, table: Table) -> float | None:
        """µs to put in one row of the table, of rows that were in it; None where that cannot be tried."""

    def tidy(self, table: Table) -> None:
        """Clear away what transactions that were rolled back left in a table."""


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """A list that holds the ms of the block once it has ended."""
    taken: list[float] = []
    start = time.perf_counter_ns()
    yield taken
    taken.append((time.perf_counter_ns() - start) / 1e6)
