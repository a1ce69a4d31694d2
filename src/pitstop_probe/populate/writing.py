"""Writes rows and says what the database made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .pools import transaction
from .rows import Row
from .schema import Foreign, Plan

_GIVEN_UP_AFTER = 50
"""How many rows are tried one by one, none of which the database takes, before a table is given up."""
_REFUSALS = 1_000
"""How many rows of one table may be refused in all: finding each costs a dozen transactions."""


class Refused(Exception):  # noqa: N818  # said by the database, and told as such
    """The database takes none of the rows; the message is its own."""


class Writer:
    """Writes to one connection, each call in a transaction of its own."""

    def __init__(self, library: Any, connection: Any) -> None:
        self._library = library
        self._connection = connection
        self._failed = self._failed_in_turn = 0
        self.refusal = ""
        """Why the database refused the last row that it did not take, since `begin`."""

    def begin(self) -> None:
        """Another table is next."""
        self._failed = self._failed_in_turn = 0
        self.refusal = ""

    def defer(self) -> None:
        """Let the database look at foreign keys at the end of the transaction that is under way."""
        connection = self._connection
        if connection.dialect.name == "postgresql":
            connection.execute(self._library.text("SET CONSTRAINTS ALL DEFERRED"))
        elif connection.dialect.name == "sqlite":
            # Python's driver begins a transaction at the first change only; a savepoint before would be one by itself
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")

    def insert(self, plan: Plan, rows: Sequence[Row]) -> int:
        """Insert rows; how many the database took. Raises Refused when it takes none of very many."""
        keys = {name: column.key for name, column in plan.columns.items()}
        renamed = [{keys[name]: value for name, value in row.items()} for row in rows]
        statement = plan.table.insert()
        return self._halved(renamed, lambda part: self._connection.execute(statement, part))

    def update(
        self, plan: Plan, foreign: Foreign, key: Sequence[str], changes: Sequence[Row], batch: int
    ) -> int:
        """Set what rows refer to: each change has `key_<name>` of the row and `new_<name>` of the foreign key's columns."""
        bind = self._library.bindparam
        statement = plan.table.update()
        for name in key:
            statement = statement.where(plan.columns[name] == bind(f"key_{name}"))
        statement = statement.values(
            {plan.columns[name].key: bind(f"new_{name}") for name in foreign.columns}
        )
        return sum(
            self._halved(
                list(changes[start : start + batch]), lambda part: self._connection.execute(statement, part)
            )
            for start in range(0, len(changes), batch)
        )

    def _halved(self, rows: Sequence[Row], write: Callable[[Sequence[Row]], Any]) -> int:
        """Write all rows at once; where one is refused, each half by itself, down to the one."""
        if not rows:
            return 0
        try:
            with transaction(self._connection):
                write(rows)
        except Exception as error:
            if getattr(error, "connection_invalidated", False):
                raise Refused(words_of(error)) from error
            if len(rows) == 1:
                self.refusal = words_of(error)
                self._failed += 1
                self._failed_in_turn += 1
                if self._failed_in_turn >= _GIVEN_UP_AFTER or self._failed >= _REFUSALS:
                    raise Refused(self.refusal) from error
                return 0
            half = len(rows) // 2
            return self._halved(rows[:half], write) + self._halved(rows[half:], write)
        self._failed_in_turn = 0
        return len(rows)

    def settle(self, plan: Plan) -> int:
        """Let sequences go on after the greatest number, and have the planner know the table; how many rows it has."""
        library, connection = self._library, self._connection
        with transaction(connection):
            count: int = connection.execute(
                library.select(library.func.count()).select_from(plan.table)
            ).scalar()
        if connection.dialect.name == "postgresql" and count > plan.before:
            self._set_sequences(plan)
            name = connection.dialect.identifier_preparer.format_table(plan.table)
            with transaction(connection):
                connection.execute(library.text(f"ANALYZE {name}"))
        return count

    def _set_sequences(self, plan: Plan) -> None:
        library, connection = self._library, self._connection
        name = connection.dialect.identifier_preparer.format_table(plan.table)
        for column in plan.columns.values():
            if not isinstance(column.type, library.Integer):
                continue
            with transaction(connection):
                asked = library.text("SELECT pg_get_serial_sequence(:owner, :name)")
                sequence = connection.execute(asked, {"owner": name, "name": column.name}).scalar()
                default = column.default
                if sequence is None and getattr(default, "is_sequence", False):
                    sequence = connection.dialect.identifier_preparer.format_sequence(default)
                greatest = connection.execute(library.select(library.func.max(column))).scalar()
                if sequence is not None and greatest is not None and greatest > 0:
                    asked = library.text(
                        "SELECT setval(CAST(:sequence AS regclass), CAST(:greatest AS bigint))"
                    )
                    connection.execute(asked, {"sequence": sequence, "greatest": greatest})


def words_of(error: BaseException) -> str:
    """What the database said, in one line, without the values and the statement."""
    said = str(getattr(error, "orig", None) or error).strip()
    line = said.splitlines()[0] if said else type(error).__name__
    if line.startswith("<class ") and ">: " in line:
        line = line.partition(">: ")[2]
    return line[:300]
