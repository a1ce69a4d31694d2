"""What the database did for a request, counted without a clock.

SQLite: instructions of its virtual machine, by the progress handler, in thousands. PostgreSQL: rows and index entries that
scans read, by the server's own counters of the transaction under way. Both come out the same each time.
"""

from __future__ import annotations

import sys
from typing import Any

from . import beside
from .beside import Aside
from .request import Request

STEPS_AT_ONCE = 1000
STEPS, ROWS = "steps", "rows"
READING = frozenset({"SELECT", "WITH", "UPDATE", "DELETE"})
_ENDING = frozenset({"COMMIT", "ROLLBACK", "BEGIN", "START", "END", "ABORT"})

# Within a transaction nothing is taken off these counters: the server hands them in when it has ended.
_READ = (
    "SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_tuples_returned(oid)), 0)::bigint FROM pg_catalog.pg_class "
    "WHERE oid >= 16384 AND relkind IN ('r', 'm', 'i')"
)


class Tick:
    """SQLite's progress handler on one connection, and the request that it works for."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request

    def __call__(self) -> int:
        """Another thousand instructions are done; 0 lets the statement go on."""
        request = self.request
        if not request.closed and request.work is not None:
            request.work += STEPS_AT_ONCE
        return 0


class Work:
    """Counts for each request. Where one of its statements cannot be counted, none is: part of a figure says nothing."""

    def __init__(self) -> None:
        self._has_counters: bool | None = None

    def before(self, request: Request, operation: str, dialect: Any, context: Any) -> None:
        """A statement is about to run."""
        if request.uncounted:
            return
        try:
            self._before(request, operation, dialect.name, context)
        except Exception:  # a lost connection, a transaction that has failed: the app will hear of it itself
            _give_up(request)

    def _before(self, request: Request, operation: str, name: str, context: Any) -> None:
        if name == "sqlite":
            self._watch(request, beside.connection_of(context))
        elif operation in _ENDING:
            request.meters = {}
        elif operation in READING:
            if name != "postgresql" or self._has_counters is False:
                _give_up(request)
                return
            connection = beside.connection_of(context)
            if id(connection) not in request.meters:
                with Aside(request):
                    self._begin(request, connection)

    def after(self, request: Request, operation: str, dialect: Any, context: Any) -> None:
        """The statement has run, or failed."""
        if request.uncounted or operation not in READING or dialect.name != "postgresql":
            return
        try:
            self._after(request, context)
        except Exception:  # as above
            _give_up(request)

    def _after(self, request: Request, context: Any) -> None:
        connection = beside.connection_of(context)
        known = request.meters.get(id(connection))
        if (
            known is None
            or sys.exc_info()[0] is not None
            or getattr(context, "_is_server_side", False)
            or beside.transaction(connection) != beside.OPEN
        ):
            _give_up(request)
            return
        with Aside(request):
            total = self._total(connection)
        if total < known:
            _give_up(request)
            return
        request.meters[id(connection)] = total
        request.work = (request.work or 0) + total - known

    def _watch(self, request: Request, connection: Any) -> None:
        driver = beside.driver_of(connection)
        tick = getattr(driver, "pitstop_tick", None)
        if tick is not None:
            tick.request = request
        elif beside.is_a(driver, "sqlite3", "Connection"):
            driver.set_progress_handler(Tick(request), STEPS_AT_ONCE)
        elif beside.is_a(driver, "aiosqlite", "Connection"):
            # it may only be set in the driver's own thread, so it is set once
            tick = Tick(request)
            concurrency = sys.modules["sqlalchemy.util.concurrency"]
            wait = getattr(concurrency, "await_", None) or concurrency.await_only
            wait(driver.set_progress_handler(tick, STEPS_AT_ONCE))
            driver.pitstop_tick = tick
        else:
            _give_up(request)
            return
        if request.work is None:
            request.work = 0
            request.work_unit = STEPS

    def _begin(self, request: Request, connection: Any) -> None:
        state = beside.transaction(connection)
        if state not in (beside.OPEN, beside.IDLE):
            _give_up(request)
            return
        if self._has_counters is None:
            self._has_counters = _try(connection)
            if not self._has_counters:
                _give_up(request)
                return
        total = self._total(connection)
        request.meters = {**request.meters, id(connection): total}
        if request.work is None:
            request.work = 0
            request.work_unit = ROWS

    def _total(self, connection: Any) -> int:
        return int(beside.query(connection, _READ)[0][0])


def _try(connection: Any) -> bool:
    """Whether the server has the counters: what only speaks PostgreSQL's protocol may not."""
    beside.query(connection, "SAVEPOINT pitstop_work")
    try:
        beside.query(connection, _READ)
    except Exception:
        beside.query(connection, "ROLLBACK TO SAVEPOINT pitstop_work")
        return False
    finally:
        beside.query(connection, "RELEASE SAVEPOINT pitstop_work")
    return True


def _give_up(request: Request) -> None:
    request.uncounted = True
    request.work = None
