"""Row effects of a request in a form that is the same whether rows go one by one or in bulk."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .output import EFFECTS
from .request import MOST_CHANGES, Request, Statement, digest

if TYPE_CHECKING:
    from .state import Probe

_TARGET = re.compile(
    r"""\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM|MERGE\s+INTO)\s+
        (?:ONLY\s+)?([\w."`\[\]$]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_OF_LATER_ROW = re.compile(r"^(.*)_m(\d+)$")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = (str, int, float, bytes, bool)


LONGEST_KEPT = 10_000
"""Characters of a statement up to which its text is kept after it ran, to know it again."""


class Change:
    """One row effect, and the connection whose rollback would undo it."""

    __slots__ = ("connection", "entry", "settled")

    def __init__(self, connection: int, entry: tuple[str, str, str, int]) -> None:
        self.connection = connection
        self.entry = entry
        self.settled = False


class Mark:
    """The place of a savepoint among the changes; it has no row."""

    __slots__ = ("connection", "name", "position")

    def __init__(self, connection: int, name: str, position: int) -> None:
        self.connection = connection
        self.name = name
        self.position = position


class Changes:
    """Turns changing statements into row effects and forgets those that are rolled back."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._targets: dict[str, str] = {}

    def target(self, sql: str) -> str:
        """The table that a statement changes; the statement itself where that cannot be told."""
        known = self._targets.get(sql)
        if known is None:
            if len(self._targets) > 5000:
                self._targets.clear()
            found = _TARGET.match(sql)
            known = re.sub(r'["`\[\]]', "", found[1]) if found else sql
            if len(sql) <= LONGEST_KEPT:
                self._targets[sql] = known
        return known

    def note(self, request: Request, record: Statement, context: Any, parameters: Any, many: bool) -> None:
        """Add the effects of a statement that has just run."""
        if context is not None:
            if context.pitstop_changes_noted:
                return  # a further batch of an INSERT whose rows are all noted
            context.pitstop_changes_noted = True
        table = self.target(record.sql)
        connection = _connection_of(context)
        compiled = getattr(context, "compiled", None)
        rows: list[Any] | None = None
        if compiled is not None:
            rows = getattr(context, "compiled_parameters", None)
        if record.operation == "INSERT" and rows is not None and _takes_rows(compiled):
            entries = [
                (record.operation, table, row_hash(row, _columns_of(compiled)), 1)
                for given in rows
                for row in _single_rows(given)
            ]
        else:
            sets = rows if rows is not None else list(parameters) if many else [parameters]
            each = record.rows if len(sets) == 1 else 1
            text = " ".join(record.sql.split())
            entries = [(record.operation, table, digest(text + canonical(given)), each) for given in sets]
            if len(sets) == 1 and not each:
                return  # it touched no row
        changes = request.changes
        room = max(MOST_CHANGES - len(changes), 0)
        if len(entries) > room:
            self._probe.output.lost(EFFECTS, len(entries) - room)
        changes.extend(Change(connection, entry) for entry in entries[:room])

    def savepoint(self, request: Request, record: Statement, context: Any) -> None:
        """Follow SAVEPOINT and ROLLBACK [TO SAVEPOINT] sent as statements."""
        connection = _connection_of(context)
        words = record.sql.replace(";", " ").split()
        if record.operation == "SAVEPOINT":
            request.marks.append(Mark(connection, words[-1], len(request.changes)))
            return
        if len(words) == 1 or words[1].upper() not in ("TO",):
            self._undo(request, connection, 0)
            return
        for mark in reversed(request.marks):
            if mark.connection == connection and mark.name == words[-1]:
                self._undo(request, connection, mark.position)
                return

    def ended(self, request: Request, dbapi_connection: Any, operation: str) -> None:
        """The transaction of a connection was committed or rolled back."""
        connection = _driver_connection(dbapi_connection)
        request.marks[:] = [mark for mark in request.marks if mark.connection != connection]
        if operation == "ROLLBACK":
            self._undo(request, connection, 0)
            return
        changes = request.changes
        # Who commits after each row would otherwise have all of them looked through each time.
        for change in changes[request.settled :]:
            if change.connection == connection:
                change.settled = True
        while request.settled < len(changes) and changes[request.settled].settled:
            request.settled += 1

    def _undo(self, request: Request, connection: int, position: int) -> None:
        position = max(position, request.settled)
        request.changes[position:] = [
            change
            for change in request.changes[position:]
            if change.settled or change.connection != connection
        ]


def _connection_of(context: Any) -> int:
    root = getattr(context, "root_connection", None)
    return _driver_connection(getattr(root, "connection", None))


def _driver_connection(connection: Any) -> int:
    """The identity of the driver's connection behind SQLAlchemy's wrapper of it."""
    inner = getattr(connection, "dbapi_connection", None)
    if inner is None:
        inner = getattr(connection, "connection", None)
    return id(inner if inner is not None else connection)


def _takes_rows(compiled: Any) -> bool:
    """Whether each set of parameters is what one row, or some, are made of, and nothing else decides the values."""
    statement = getattr(compiled, "statement", None)
    if (
        getattr(statement, "select", None) is not None
        or getattr(statement, "_post_values_clause", None) is not None
    ):
        return False
    return bool(getattr(compiled, "isinsert", False))


def _columns_of(compiled: Any) -> Any:
    return getattr(getattr(compiled.statement, "table", None), "columns", None)


def _single_rows(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows within one set of parameters: `insert().values([...])` numbers them by a suffix."""
    later: dict[int, dict[str, Any]] = {}
    for key, value in given.items():
        found = _OF_LATER_ROW.match(key)
        number, name = (int(found[2]), found[1]) if found else (-1, key)
        later.setdefault(number, {})[name] = value
    numbered = {number: row for number, row in later.items() if number >= 0}
    if 0 not in numbered or set(numbered) != set(range(len(numbered))):
        return [given]
    return [{**later.get(-1, {}), **numbered[number]} for number in sorted(numbered)]


def row_hash(row: dict[str, Any], columns: Any = None) -> str:
    """The hash of a row by column name. NULL where the table would put NULL anyway counts as not given."""
    kept = {}
    for name, value in row.items():
        if value is None:
            column = columns.get(name) if columns is not None else None
            if column is None or getattr(column, "server_default", None) is None:
                continue
        kept[name] = value
    return digest(canonical(kept))


def canonical(value: Any) -> str:
    """A text of a value that is the same in every process and for equal mappings in whatever order."""
    if value is None:
        return "null"
    kind = type(value)
    if kind in _PLAIN:
        return f"{kind.__name__}:{value!r}"
    if isinstance(value, datetime):
        return f"{kind.__name__}:{value.isoformat()} {value.tzinfo!r}"
    if isinstance(value, dict):
        inner = sorted(f"{canonical(key)}={canonical(each)}" for key, each in value.items())
        return "{" + ",".join(inner) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(each) for each in value) + "]"
    if isinstance(value, (set, frozenset)):
        return "(" + ",".join(sorted(canonical(each) for each in value)) + ")"
    if isinstance(value, (bytearray, memoryview)):
        return f"bytes:{bytes(value)!r}"
    return f"{kind.__name__}:{_ADDRESS.sub('', repr(value))}"
