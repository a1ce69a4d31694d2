"""Statements as SQLAlchemy's dialects hand them to the driver."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from .changes import LONGEST_KEPT, Changes
from .imports import when_made
from .order import Reversal
from .output import EFFECTS
from .parameters import AT_ONCE, kept
from .plans import Plans
from .real import Real
from .request import Request, Statement, begun, current
from .samples import Samples
from .state import Probe
from .work import Work

CHANGING = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"})
_EFFECTIVE = CHANGING | {"SAVEPOINT", "ROLLBACK"}
_EXECUTES = ("do_execute", "do_executemany", "do_execute_no_params")
_ENDS = {"do_commit": "COMMIT", "do_rollback": "ROLLBACK"}


class Operations:
    """The first word of each statement text, remembered."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        """Those that were asked for, by text."""

    def of(self, sql: str) -> str:
        """`SELECT`, `INSERT`, ...; of a `WITH` the word of the statement that it leads to."""
        known = self.known.get(sql)
        if known is None:
            if len(self.known) > 5000:
                self.known.clear()
            known = first_word(sql)
            if len(sql) <= LONGEST_KEPT:
                self.known[sql] = known
        return known


def first_word(sql: str) -> str:
    """The first word of a statement, upper case, past white space, comments and parentheses."""
    position, length = 0, len(sql)
    while position < length:
        if sql[position].isspace() or sql[position] in "(;":
            position += 1
        elif sql.startswith("--", position):
            end = sql.find("\n", position)
            position = length if end < 0 else end + 1
        elif sql.startswith("/*", position):
            end = sql.find("*/", position)
            position = length if end < 0 else end + 2
        else:
            break
    end = position
    while end < length and (sql[end].isalpha() or sql[end] == "_"):
        end += 1
    return sql[position:end].upper()


class Database:
    """Wraps dialect classes, each once, whichever of its methods it has of its own."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._prepared: set[type] = set()
        self._operations = Operations()
        self._known = self._operations.known
        self._here, self._now = probe.stacks.here, Real.perf_ns
        self._changes = Changes(probe)
        self._plans = Plans(probe) if probe.config.plans else None
        self._samples = Samples(probe) if probe.config.samples else None
        self._work = Work() if probe.config.work else None
        self._reversal = Reversal() if probe.config.reversed else None
        self._looks_beside = any(
            each is not None for each in (self._plans, self._work, self._samples, self._reversal)
        )

    def prepare(self, dialect: type) -> None:
        """Wrap what a dialect class and its bases execute with."""
        if dialect in self._prepared:
            return
        for owner in dialect.__mro__:
            if owner in self._prepared or not owner.__module__ or owner is object:
                continue
            self._prepared.add(owner)
            if not hasattr(owner, "do_execute"):
                continue
            for name in _EXECUTES:
                if name in owner.__dict__:
                    self._wrap_execute(owner, name)
            for name, operation in _ENDS.items():
                if name in owner.__dict__:
                    self._wrap_end(owner, name, operation)

    def _wrap_execute(self, owner: type, name: str) -> None:
        original: Callable[..., None] = owner.__dict__[name]
        start, end, late = self._start, self._end, self._probe.output.late_statement

        if name == "do_execute_no_params":

            @functools.wraps(original)
            def execute(self: Any, cursor: Any, statement: str, *rest: Any, **named: Any) -> None:
                request = current()
                if request is None:
                    return original(self, cursor, statement, *rest, **named)
                if request.closed:
                    late(request.silent)
                    return original(self, cursor, statement, *rest, **named)
                context = named.get("context") if named else rest[0] if rest else None
                record = start(request, self, statement, None, context)
                if record is None:
                    return original(self, cursor, statement, *rest, **named)
                try:
                    return original(self, cursor, statement, *rest, **named)
                finally:
                    end(request, record, cursor, context, None, False)

        else:
            many = name == "do_executemany"

            @functools.wraps(original)
            def execute(self: Any, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
                request = current()
                if request is None:
                    return original(self, cursor, statement, parameters, context)
                if request.closed:
                    late(request.silent)
                    return original(self, cursor, statement, parameters, context)
                record = start(request, self, statement, parameters, context)
                if record is None:
                    return original(self, cursor, statement, parameters, context)
                try:
                    return original(self, cursor, statement, parameters, context)
                finally:
                    end(request, record, cursor, context, parameters, many)

        setattr(owner, name, execute)

    def _start(
        self, request: Request, dialect: Any, sql: str, parameters: Any, context: Any
    ) -> Statement | None:
        try:
            if context is not None:
                under_way = context.pitstop_statement
                if under_way is not None and not under_way.end:
                    return None  # an override that calls its base
            operation = self._known.get(sql) or self._operations.of(sql)
            if not request.takes(sql):
                self._probe.output.late_statement()
                if operation in CHANGING:
                    self._probe.output.lost(EFFECTS)
                return None
            on_loop = not dialect.is_async and self._probe.running_loop() is not None
            statements = request.statements
            if self._work is not None:
                self._work.before(request, operation, dialect, context)
            few = len(statements) < AT_ONCE and type(parameters) is not list
            record = begun(
                sql,
                operation,
                parameters if few else kept(parameters, len(statements)),
                self._here(None, request, 3),  # past this, and what stands for the dialect's own
                on_loop,
                self._now(),
            )
            statements.append(record)
            if context is not None:
                context.pitstop_statement = record
            return record
        except Exception as error:
            self._probe.fault("statement", error)
            return None

    def _end(
        self, request: Request, record: Statement, cursor: Any, context: Any, parameters: Any, many: bool
    ) -> None:
        record.end = self._now()
        if record.operation in _EFFECTIVE:
            try:
                if record.operation in CHANGING:
                    record.rows = max(getattr(cursor, "rowcount", 0), 0)
                    self._changes.note(request, record, context, parameters, many)
                else:
                    self._changes.savepoint(request, record, context)
            except Exception as error:
                self._probe.fault("changes", error)
        if self._looks_beside and context is not None:
            self._look_beside(request, record, cursor, context, parameters, many)

    def _look_beside(
        self, request: Request, record: Statement, cursor: Any, context: Any, parameters: Any, many: bool
    ) -> None:
        try:
            if self._reversal is not None:
                self._reversal.after(record, cursor, context)
            if self._work is not None:
                self._work.after(request, record.operation, context.dialect, context)
            given = parameters[0] if many and parameters else parameters
            if self._samples is not None:
                self._samples.after(request, record.operation, context.dialect, context, record.sql, given)
            if self._plans is not None:
                self._plans.after(request, record.operation, context.dialect, context, record.sql, given)
        except Exception as error:
            self._probe.fault("plan", error)

    def _wrap_end(self, owner: type, name: str, operation: str) -> None:
        original: Callable[[Any, Any], None] = owner.__dict__[name]
        probe, changes, works = self._probe, self._changes, self._work is not None
        is_commit = operation == "COMMIT"

        @functools.wraps(original)
        def end(self: Any, dbapi_connection: Any) -> None:
            request = current()
            if request is None or request.closed:
                return original(self, dbapi_connection)
            record = None
            try:
                if request.takes(operation):
                    on_loop = not self.is_async and probe.running_loop() is not None
                    record = begun(
                        operation,
                        operation,
                        None,
                        # Most rollbacks are those of sessions and pools that end, where nobody of the user's asks for one.
                        probe.stacks.here(None, request, 2) if is_commit else 0,
                        on_loop,
                        Real.perf_ns(),
                    )
                    request.statements.append(record)
                else:
                    probe.output.late_statement()
                if works:
                    request.meters = {}
            except Exception as error:
                probe.fault(name, error)
            try:
                return original(self, dbapi_connection)
            finally:
                if record is not None:
                    record.end = Real.perf_ns()
                if request.__dict__.get("changes"):  # to ask for them would make a list of them
                    changes.ended(request, dbapi_connection, operation)

        setattr(owner, name, end)

    def count_rows(self, owner: type) -> None:
        """Count the rows that results fetch, on the statement that brought them."""
        single: Callable[..., Any] = owner._fetchone_impl  # type: ignore[attr-defined]  # SQLAlchemy's CursorResult
        every: Callable[..., Any] = owner._fetchall_impl  # type: ignore[attr-defined]
        several: Callable[..., Any] = owner._fetchmany_impl  # type: ignore[attr-defined]

        def _fetchone_impl(self: Any, hard_close: bool = False) -> Any:
            row = single(self, hard_close)
            if row is not None and self.context is not None:
                record = self.context.pitstop_statement
                if record is not None:
                    record.rows += 1
            return row

        def _fetchall_impl(self: Any) -> Any:
            rows = every(self)
            _add(self, rows)
            return rows

        def _fetchmany_impl(self: Any, size: Any = None) -> Any:
            rows = several(self, size)
            _add(self, rows)
            return rows

        def _fetchiter_impl(self: Any) -> Iterator[Any]:
            record = getattr(self.context, "pitstop_statement", None)
            strategy = self.cursor_strategy
            while True:
                row = strategy.fetchone(self, self.cursor)
                if row is None:
                    break
                if record is not None:
                    record.rows += 1
                yield row

        for replacement in (_fetchone_impl, _fetchall_impl, _fetchmany_impl):
            setattr(owner, replacement.__name__, replacement)
        if "_fetchiter_impl" in owner.__dict__:
            owner._fetchiter_impl = _fetchiter_impl  # type: ignore[attr-defined]


def _add(result: Any, rows: Any) -> None:
    record = getattr(result.context, "pitstop_statement", None)
    if record is not None and rows and record.operation not in CHANGING:
        record.rows += len(rows)


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap SQLAlchemy's dialects as soon as they come."""
    database = Database(probe)

    def dialects(module: ModuleType) -> None:
        base = module.DefaultDialect
        context = module.DefaultExecutionContext
        context.pitstop_statement = None
        context.pitstop_changes_noted = False
        database.prepare(base)

        def prepared(dialect: type) -> None:
            try:
                database.prepare(dialect)
            except Exception as error:
                probe.fault("dialect", error)

        when_made(base, prepared)

    after("sqlalchemy.engine.default", dialects)
    after("sqlalchemy.engine.cursor", lambda module: database.count_rows(module.CursorResult))
