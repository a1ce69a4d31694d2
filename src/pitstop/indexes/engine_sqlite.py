"""A clone that is an SQLite file. Work is counted in instructions of its virtual machine."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pitstop.indexes.catalogue import Catalogue, Table, quoted
from pitstop.indexes.catalogue_sqlite import read_sqlite
from pitstop.indexes.engines import SAMPLE_ROWS, Deadline, Refused, TooLate, stopwatch
from pitstop.indexes.parsing import Parsed

_COUNTED_AT_ONCE = 50
_LOOKED_UP_AT_ONCE = 100_000
_USED = re.compile(r"USING (?!AUTOMATIC)(?:PARTIAL )?(?:COVERING )?INDEX (.+?)(?= \(|$)")


class SQLiteEngine:
    """One SQLite file of ours; see `engines.Engine`."""

    work_unit = "steps"
    worth_it = 3000.0

    def __init__(self, file: Path, deadline: Deadline) -> None:
        self.file = file
        self._deadline = deadline
        self._connection = sqlite3.connect(file, isolation_level=None)
        # Nothing of the clone is needed after a crash.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._is_analysed = bool(
            self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone()
        )
        self._samples: dict[str, list[tuple[Any, ...]]] = {}
        self._watch()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def catalogue(self) -> Catalogue:
        """Tables, keys and indexes."""
        with self._answers():
            return read_sqlite(self._connection)

    def why_not(self, parsed: Parsed) -> str:
        """Nothing: what SQLite runs stays in the file, and the transaction takes it back."""
        del parsed
        return ""

    def indexes_used(self, parsed: Parsed, values: Sequence[Any]) -> frozenset[str]:
        """The names of the indexes in the statement's plan."""
        with self._answers():
            rows = self._connection.execute(f"EXPLAIN QUERY PLAN {_text(parsed)}", values).fetchall()
        return frozenset(hit.group(1) for row in rows if (hit := _USED.search(row[3])))

    def run(self, parsed: Parsed, values: Sequence[Any]) -> float:
        """Run the statement and return ms."""
        with self._transaction():
            with stopwatch() as taken:
                self._connection.execute(_text(parsed), values).fetchall()
            return taken[0]

    def work(self, parsed: Parsed, values: Sequence[Any]) -> float:
        """Run the statement and return the instructions that it took, in steps of fifty."""
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return int(count % 1000 == 0 and self._deadline.left <= 0)

        with self._transaction():
            self._connection.set_progress_handler(tick, _COUNTED_AT_ONCE)
            try:
                self._connection.execute(_text(parsed), values).fetchall()
            finally:
                self._watch()
        return float(max(count, 1) * _COUNTED_AT_ONCE)

    def create(self, name: str, statement: str, table: Table) -> tuple[float, int]:
        """Build an index; where the service has its database analysed, the index is too."""
        del table
        with self._answers():
            before = self._bytes()
            with stopwatch() as taken:
                self._connection.execute(statement)
            size = self._bytes() - before
            if self._is_analysed:
                self._connection.execute(f"ANALYZE {quoted(name)}")
            return taken[0], size

    def drop(self, name: str, table: Table) -> None:
        """Remove an index."""
        del table
        with self._answers():
            self._connection.execute(f"DROP INDEX IF EXISTS {quoted(name)}")

    def size(self, name: str, table: Table) -> int:
        """Bytes that come free without the index."""
        del table
        with self._transaction():
            before = self._bytes()
            self._connection.execute(f"DROP INDEX {quoted(name)}")
            return before - self._bytes()

    def insertion(self, table: Table) -> float | None:
        """µs a row to put rows back that were taken out, without the table's triggers; None without row numbers."""
        own = quoted(table.name)
        columns = [column.name for column in table.columns.values() if not column.is_generated]
        kept = columns if table.row_id else ["rowid", *columns]
        names = ", ".join("rowid" if name == "rowid" else quoted(name) for name in kept)
        marks = ", ".join("?" * len(kept))
        try:
            with self._transaction():
                rows = self._sample(table, names)
                for (trigger,) in self._connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = ?",
                    [table.name.lower()],
                ).fetchall():
                    self._connection.execute(f"DROP TRIGGER {quoted(trigger)}")
                numbered = kept.index(table.row_id) if table.row_id else 0
                self._connection.executemany(
                    f"DELETE FROM {own} WHERE rowid = ?", [(row[numbered],) for row in rows]
                )
                start = time.thread_time_ns()  # nobody else's work is in it, and SQLite has no other thread
                self._connection.executemany(f"INSERT INTO {own} ({names}) VALUES ({marks})", rows)
                taken_ns = time.thread_time_ns() - start
        except Refused:
            return None
        return taken_ns / 1000 / len(rows) if rows else None

    def tidy(self, table: Table) -> None:
        """Nothing: SQLite takes back all that a transaction did."""

    def _sample(self, table: Table, names: str) -> list[tuple[Any, ...]]:
        """Rows from all over the table, the same on each clone."""
        if table.name not in self._samples:
            own = quoted(table.name)
            self._samples[table.name] = self._connection.execute(
                f"SELECT {names} FROM {own} WHERE rowid IN "
                f"(SELECT rowid FROM {own} ORDER BY rowid * 2654435761 % 2147483647 LIMIT {SAMPLE_ROWS})"
            ).fetchall()
        return self._samples[table.name]

    def _bytes(self) -> int:
        pages, free, size = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _watch(self) -> None:
        """Stop whatever runs when the time is up."""
        self._connection.set_progress_handler(lambda: int(self._deadline.left <= 0), _LOOKED_UP_AT_ONCE)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._answers():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """What goes wrong inside is Refused or TooLate."""
        self._deadline.check()
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            if self._deadline.left <= 0:
                raise TooLate from error
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                # Nothing else stops a statement in time: Ctrl-C met the handler, which cannot hand it on.
                raise KeyboardInterrupt from error
            raise Refused(type(error).__name__) from error


def _text(parsed: Parsed) -> str:
    return parsed.bound.text(lambda n: f"?{n}")
