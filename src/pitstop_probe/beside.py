"""Statements of the probe's own on a connection of the app's, sent so that neither the app nor its transaction notices.

They go to the driver's own cursor, past SQLAlchemy's events and past cursor classes of the app's. The time they take is
taken off the request's.
"""

from __future__ import annotations

import sys
from typing import Any

from .real import Real
from .request import Request

IDLE = "idle"
"""The next statement begins a transaction."""
OPEN = "open"
AUTOCOMMIT = "autocommit"
UNKNOWN = "unknown"
"""Failed, in a pipeline, or of a driver that does not tell."""

_IDLE, _IN_TRANSACTION = 0, 2
"""libpq's `PQTRANS_IDLE` and `PQTRANS_INTRANS`."""


def connection_of(context: Any) -> Any:
    """The DBAPI connection that a statement runs on; with an async driver SQLAlchemy's adapter of it. None if unknown."""
    fairy = getattr(getattr(context, "root_connection", None), "connection", None)
    inner = getattr(fairy, "dbapi_connection", None)
    return inner if inner is not None else getattr(fairy, "connection", None)


def driver_of(connection: Any) -> Any:
    """The driver's own connection behind an adapter of SQLAlchemy's."""
    return getattr(connection, "driver_connection", None) or getattr(connection, "_connection", connection)


def is_a(connection: Any, module: str, name: str) -> bool:
    """Whether an object is of a class of a module, which is not imported for the question."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(connection, kind)


def query(connection: Any, sql: str, parameters: Any = None) -> list[Any]:
    """The rows of a statement; raises what the driver raises."""
    cursor = _cursor(connection)
    try:
        if parameters is None:
            cursor.execute(sql)
        else:
            cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


def _cursor(connection: Any) -> Any:
    if is_a(connection, "sqlite3", "Connection"):
        return sys.modules["sqlite3"].Cursor(connection)
    if is_a(connection, "psycopg2.extensions", "connection"):
        return sys.modules["psycopg2.extensions"].cursor(connection)
    if is_a(connection, "psycopg", "Connection"):
        rows = sys.modules["psycopg.rows"].tuple_row
        return sys.modules["psycopg"].Cursor(connection, row_factory=rows)
    return connection.cursor()


def transaction(connection: Any) -> str:
    """How a connection to PostgreSQL stands: one of the four words above. Asks the driver, never the server."""
    driver = driver_of(connection)
    if is_a(driver, "asyncpg.connection", "Connection"):
        if driver.is_in_transaction():
            return OPEN
        return AUTOCOMMIT if connection.isolation_level == "autocommit" else IDLE
    info = getattr(driver, "info", None)
    status = getattr(info, "transaction_status", None)
    if status is None or getattr(info, "pipeline_status", None):
        return UNKNOWN
    if status == _IN_TRANSACTION:
        return OPEN
    if status == _IDLE:
        return AUTOCOMMIT if driver.autocommit else IDLE
    return UNKNOWN


class Aside:
    """While it is entered, time passes for the probe and not for the request."""

    __slots__ = ("_began", "_cpu", "_request")

    def __init__(self, request: Request) -> None:
        self._request = request

    def __enter__(self) -> None:
        self._began = Real.perf_ns()
        self._cpu = Real.cpu()

    def __exit__(self, *_: object) -> None:
        request, now = self._request, Real.perf_ns()
        # what runs after the answer is in no figure but CPU; what runs at the same time counts once
        if not request.end:
            request.aside += max(now - max(self._began, request.aside_until), 0)
            request.aside_until = now
        cpu = Real.cpu()
        request.cpu += max(cpu - max(self._cpu, request.aside_cpu), 0)
        request.aside_cpu = cpu
