"""Values of a few executions of each reading statement, so that it can be tried again on a clone of the database.

They are written only where the host asks for them, into its temporary folder like bodies, and are never part of a report.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import os
import sys
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .request import Request
from .work import READING

if TYPE_CHECKING:
    from .state import Probe

SAMPLED_AT = frozenset({1, 7, 60})
"""Which executions of a text are kept: the first may find less than is usual."""
MOST_TEXTS = 5_000
LONGEST = 10_000
"""Characters of a text and elements of a list above which an execution is left out."""
_TEXTUAL = {
    datetime.datetime: "datetime", datetime.date: "date", datetime.time: "time",
    decimal.Decimal: "decimal", uuid.UUID: "uuid",
}  # fmt: skip


class UnknownValueError(Exception):
    """A value of a type that cannot be written in a way that gives the same value back."""


class Samples:
    """Writes executions as `asked` records."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._seen: dict[str, int] = {}

    def after(
        self, request: Request, operation: str, dialect: Any, context: Any, sql: str, given: Any
    ) -> None:
        """A statement has run, or failed."""
        if operation not in READING or len(self._seen) > MOST_TEXTS or request.silent:
            return
        seen = self._seen[sql] = self._seen.get(sql, 0) + 1
        if seen not in SAMPLED_AT or sys.exc_info()[0] is not None:
            return
        try:
            values = encoded(given or ())
        except UnknownValueError:
            return
        record = {
            "type": "asked",
            "database": dialect.name,
            "file": _file(dialect, context),
            "sql": sql,
            "paramstyle": dialect.paramstyle,
            "values": values,
        }
        self._probe.output.put(record)


def _file(dialect: Any, context: Any) -> str:
    """The path of an SQLite database; empty for one in memory, and for others."""
    if dialect.name != "sqlite":
        return ""
    engine = getattr(getattr(context, "root_connection", None), "engine", None)
    name = getattr(getattr(engine, "url", None), "database", None) or ""
    return "" if name in ("", ":memory:") or name.startswith("file:") else os.path.abspath(name)


def encoded(value: Any) -> Any:
    """A value as JSON can hold it: `{"as": kind, "text": ...}` for what JSON has no form for. Raises UnknownValueError."""
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return value
    if kind is str and len(value) <= LONGEST:
        return value
    if kind in _TEXTUAL:
        return {
            "as": _TEXTUAL[kind],
            "text": value.isoformat() if hasattr(value, "isoformat") else str(value),
        }
    if kind is datetime.timedelta:
        return {"as": "seconds", "text": repr(value.total_seconds())}
    if kind in (bytes, bytearray, memoryview) and len(value) <= LONGEST:
        return {"as": "bytes", "text": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, (list, tuple)) and len(value) <= LONGEST:
        return [encoded(each) for each in value]
    if isinstance(value, Mapping) and len(value) <= LONGEST and all(type(key) is str for key in value):
        return {"as": "mapping", "of": {key: encoded(each) for key, each in value.items()}}
    raise UnknownValueError
