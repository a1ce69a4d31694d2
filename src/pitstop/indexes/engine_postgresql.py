"""A clone that is a PostgreSQL database. Work is counted in rows that scans read and blocks of 8 KiB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pitstop.indexes.catalogue import Catalogue, Table, qualified, quoted
from pitstop.indexes.catalogue_postgresql import read_postgresql, volatile
from pitstop.indexes.engines import SAMPLE_ROWS, Deadline, Refused, TooLate, stopwatch
from pitstop.indexes.parsing import Parsed
from pitstop.target.database import client, connect
from pitstop.target.urls import DatabaseURL

if TYPE_CHECKING:
    import psycopg

_REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
_BLOCKS = ("Shared Hit Blocks", "Shared Read Blocks", "Temp Read Blocks", "Temp Written Blocks")
_REFERRING = """
SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname) FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND confrelid = %s::regclass
"""


class PostgreSQLEngine:
    """One PostgreSQL database of ours; see `engines.Engine`."""

    work_unit = "rows and blocks"
    worth_it = 1000.0

    def __init__(self, url: str, deadline: Deadline) -> None:
        self._deadline = deadline
        self._library = client()
        parsed = DatabaseURL.parse(url)
        self._connection: psycopg.Connection[Any] = connect(parsed, parsed.name)
        # From the sixth execution on a prepared statement may get a plan that does not look at its values.
        self._connection.prepare_threshold = None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def prepare(self) -> None:
        """Bring what the planner knows up to date, as the server's own housekeeping does in time."""
        with self._answers():
            self._limit()
            self._connection.execute("VACUUM (ANALYZE)")

    def catalogue(self) -> Catalogue:
        """Tables, keys and indexes."""
        with self._answers():
            return read_postgresql(self._connection)

    def why_not(self, parsed: Parsed) -> str:
        """Functions that may do more than answer, and triggers of tables that are written to."""
        with self._answers():
            found = volatile(self._connection, parsed.functions)
        if found:
            return f"it calls {', '.join(found)}(), which may do more than answer"
        triggered = [table.name for table in parsed.reached if table.has_triggers]
        return f"it would fire the triggers of {triggered[0]}" if triggered else ""

    def indexes_used(self, parsed: Parsed, values: Sequence[Any]) -> frozenset[str]:
        """The names of the indexes in the statement's plan."""
        with self._transaction(parsed):
            plan = self._explained("EXPLAIN (FORMAT JSON)", parsed, values)
        return frozenset(node["Index Name"] for node in _nodes(plan) if "Index Name" in node)

    def run(self, parsed: Parsed, values: Sequence[Any]) -> float:
        """Run the statement and return ms."""
        with self._transaction(parsed), stopwatch() as taken:
            cursor = self._execute("", parsed, values)
            if cursor.description is not None:
                cursor.fetchall()
        self._tidy_after(parsed)
        return taken[0]

    def work(self, parsed: Parsed, values: Sequence[Any]) -> float:
        """Run the statement and return the rows and index entries that its scans read, and the blocks it touched."""
        with self._transaction(parsed):
            plan = self._explained("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)", parsed, values)
        self._tidy_after(parsed)
        rows = sum(
            (node.get("Actual Rows", 0) + sum(node.get(name, 0) for name in _REMOVED))
            * node.get("Actual Loops", 1)
            for node in _nodes(plan)
            if "Relation Name" in node or "Index Name" in node
        )
        return float(rows + sum(plan.get(name, 0) for name in _BLOCKS))

    def create(self, name: str, statement: str, table: Table) -> tuple[float, int]:
        """Build an index; what it holds of expressions gets statistics."""
        with self._answers():
            self._limit()
            with stopwatch() as taken:
                self._connection.execute(statement.encode())
            if "(" in statement.partition("(")[2]:
                self._connection.execute(f"ANALYZE {qualified(table.name)}".encode())
            return taken[0], self.size(name, table)

    def drop(self, name: str, table: Table) -> None:
        """Remove an index."""
        with self._answers():
            self._connection.execute(f"DROP INDEX IF EXISTS {_beside(table, name)}".encode())

    def size(self, name: str, table: Table) -> int:
        """Bytes of the index's files."""
        with self._answers():
            row = self._connection.execute(
                "SELECT pg_catalog.pg_relation_size(%s::regclass)", [_beside(table, name)]
            ).fetchone()
        return int(row[0]) if row else 0

    def insertion(self, table: Table) -> float | None:
        """µs a row to put rows back that were taken out, without triggers and keys that refer to the table."""
        own = qualified(table.name)
        columns = ", ".join(
            quoted(column.name) for column in table.columns.values() if not column.is_generated
        )
        share = min(100.0, 100.0 * SAMPLE_ROWS / max(table.rows, 1))
        try:
            with self._transaction(None):
                self._say(
                    f"CREATE TEMP TABLE pitstop_rows ON COMMIT DROP AS SELECT ctid AS pitstop_place, {columns} "
                    f"FROM {own} TABLESAMPLE BERNOULLI ({share}) REPEATABLE (7)"
                )
                for (statement,) in self._connection.execute(_REFERRING, [own]).fetchall():
                    self._say(statement)
                if table.has_triggers:
                    self._say(f"ALTER TABLE {own} DISABLE TRIGGER USER")
                count = self._say(
                    f"DELETE FROM {own} WHERE ctid = ANY (ARRAY(SELECT pitstop_place FROM pitstop_rows))"
                )
                with stopwatch() as taken:
                    self._say(
                        f"INSERT INTO {own} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM pitstop_rows"
                    )
        except Refused:
            return None
        return taken[0] * 1000 / count if count else None

    def tidy(self, table: Table) -> None:
        """Remove the dead rows, which would make every scan longer, and mark what all can see."""
        with self._answers():
            self._limit()
            self._say(f"VACUUM {qualified(table.name)}")

    def _tidy_after(self, parsed: Parsed) -> None:
        for table in parsed.changed:
            self.tidy(table)

    def _say(self, statement: str) -> int:
        return self._connection.execute(statement.encode()).rowcount

    def _explained(self, how: str, parsed: Parsed, values: Sequence[Any]) -> dict[str, Any]:
        row = self._execute(how, parsed, values).fetchone()
        plan: dict[str, Any] = row[0][0]["Plan"]
        return plan

    def _execute(self, how: str, parsed: Parsed, values: Sequence[Any]) -> Any:
        text = f"{how} {parsed.bound.text(lambda n: f'${n}')}".encode()
        cursor = self._library.RawCursor(self._connection)
        if parsed.asked.paramstyle == "numeric_dollar":
            # Such drivers leave it to the server to say what type a value has.
            values = [_untyped(value) for value in values]
        return cursor.execute(text, values) if values else cursor.execute(text)

    def _limit(self) -> None:
        self._deadline.check()
        self._connection.execute(
            f"SET statement_timeout = {max(1, int(self._deadline.left * 1000))}".encode()
        )

    @contextmanager
    def _transaction(self, parsed: Parsed | None) -> Iterator[None]:
        """A transaction that is rolled back; one for a statement that only reads may not write."""
        with self._answers():
            self._limit()
            may_write = parsed is None or parsed.changes
            self._connection.execute(b"BEGIN" if may_write else b"BEGIN READ ONLY")
            try:
                yield
            finally:
                if not self._connection.closed:
                    self._connection.execute(b"ROLLBACK")

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """What goes wrong inside is Refused or TooLate."""
        self._deadline.check()
        try:
            yield
        except self._library.errors.QueryCanceled as error:
            raise TooLate from error
        except self._library.Error as error:
            raise Refused(type(error).__name__) from error


def _untyped(value: Any) -> Any:
    return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


def _beside(table: Table, name: str) -> str:
    """The index's name as SQL takes it: it is in the schema of its table."""
    schema, dot, _ = table.name.rpartition(".")
    return f"{quoted(schema)}.{quoted(name)}" if dot else quoted(name)
