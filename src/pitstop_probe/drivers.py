"""Statements that go to a driver without SQLAlchemy: asyncpg, psycopg, aiosqlite and sqlite3; psycopg2's module builds on it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from .database import Operations
from .parameters import kept
from .real import Real
from .request import Request, Statement, begun
from .state import Probe

_LIBRARIES = ("sqlalchemy.", "aiosqlite.")
"""What opens SQLite itself, and whose statements are noted there."""
_OTHERS = ("sqlalchemy.", "pitstop_probe.")
"""Whose statements are noted elsewhere, or are none of the app's."""
_WITHIN = (
    "aiosqlite.",
    "asyncpg.",
    "contextlib.",
    "pitstop_probe.drivers.",
    "pitstop_probe.guard.",
    "pitstop_probe.psycopg2.",
    "psycopg.",
    "psycopg2.",
)
"""What a driver's own methods call each other through."""
_PARAMETERS = ("params", "params_seq", "args", "parameters", "vars", "vars_list")
"""The names that drivers have for them."""
Rows = Callable[[Any, Any], int]
Given = Callable[[Any, tuple[Any, ...], dict[str, Any]], tuple[Any, Any]]


class Drivers:
    """Wraps what statements are sent with. Those of SQLAlchemy, which sends them through the same methods, are left to its hooks."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._operations = Operations()

    def begin(self, sql: Any, parameters: Any, blocks: bool) -> tuple[Request, Statement] | None:
        """Note that a statement is sent. None where no request is under way, or who sends it is noted elsewhere."""
        probe = self._probe
        request = probe.current()
        if request is None:
            return None
        try:
            if asked_by(sys._getframe(1)).startswith(_OTHERS):
                return None
            text = _text(sql)
            if not request.takes(text):
                probe.output.late_statement()
                return None
            on_loop = blocks and probe.running_loop() is not None
            stack = probe.stacks.here(None, request)
            made = begun(
                text,
                self._operations.of(text),
                kept(parameters, len(request.statements)),
                stack,
                on_loop,
                Real.perf_ns(),
            )
            request.statements.append(made)
            return request, made
        except Exception as error:
            probe.fault("driver", error)
            return None

    def end(self, noted: tuple[Request, Statement], rows: Callable[[], int]) -> None:
        """Note that it is done, and how many rows it brought or changed."""
        _, statement = noted
        statement.end = Real.perf_ns()
        try:
            statement.rows = max(rows(), 0)
        except Exception as error:
            self._probe.fault("driver", error)

    def wrap(self, owner: Any, name: str, rows: Rows, *, tell: Given | None = None) -> None:
        """Note the statements of a method that blocks; `tell` gives statement and parameters from its arguments."""
        original: Callable[..., Any] | None = getattr(owner, name, None)
        if original is None:
            return
        begin, end, read = self.begin, self.end, tell or given

        @functools.wraps(original)
        def sent(self_: Any, *args: Any, **named: Any) -> Any:
            noted = begin(*read(self_, args, named), True)
            if noted is None:
                return original(self_, *args, **named)
            result = None
            try:
                result = original(self_, *args, **named)
                return result
            finally:
                end(noted, lambda: rows(self_, result))

        setattr(owner, name, sent)

    def wrap_async(
        self, owner: Any, name: str, rows: Rows, *, when: Callable[..., bool] | None = None
    ) -> None:
        """The same of a coroutine method; with `when`, only of calls whose arguments it is true of."""
        original: Callable[..., Any] | None = getattr(owner, "__dict__", {}).get(name)
        if original is None:
            return
        begin, end = self.begin, self.end

        @functools.wraps(original)
        async def sent(self_: Any, *args: Any, **named: Any) -> Any:
            wanted = when is None or when(*args)
            noted = begin(*given(self_, args, named), False) if wanted else None
            if noted is None:
                return await original(self_, *args, **named)
            result = None
            try:
                result = await original(self_, *args, **named)
                return result
            finally:
                end(noted, lambda: rows(self_, result))

        setattr(owner, name, sent)

    def aiosqlite(self, module: ModuleType) -> None:
        """Note what its thread is given to execute: its own `execute` gives more than a coroutine."""
        original: Callable[..., Any] = module.Connection.__dict__["_execute"]
        begin, end = self.begin, self.end

        @functools.wraps(original)
        async def sent(self_: Any, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
            name = getattr(function, "__name__", "")
            noted = None
            if name.startswith(("execute", "_execute")) and args:
                noted = begin(args[0], args[1] if len(args) > 1 else None, False)
            if noted is None:
                return await original(self_, function, *args, **named)
            result = None
            try:
                result = await original(self_, function, *args, **named)
                return result
            finally:
                end(noted, lambda: _returned(self_, result) or counted(result, None))

        module.Connection._execute = sent

    def sqlite(self, module: ModuleType) -> None:
        """Give connections that are opened by hand a class whose statements are noted: those of C cannot be wrapped."""
        original: Callable[..., Any] = module.connect
        kinds = self._sqlite_classes(module)

        @functools.wraps(original)
        def connect(*args: Any, **named: Any) -> Any:
            asks = f"{sys._getframe(1).f_globals.get('__name__', '')}."
            if "factory" not in named and len(args) < 6 and not asks.startswith(_LIBRARIES):
                named["factory"] = kinds
            return original(*args, **named)

        module.connect = connect  # type: ignore[attr-defined]
        for name in ("sqlite3", "sqlite3.dbapi2"):
            if name in sys.modules:
                vars(sys.modules[name])["connect"] = connect

    def _sqlite_classes(self, module: ModuleType) -> type:
        def counted(cursor: Any, _result: Any) -> int:
            return int(cursor.rowcount)

        class Cursor(module.Cursor):  # type: ignore[misc, name-defined]
            def execute(self, sql: Any, *args: Any) -> Any:
                return super().execute(sql, *args)

            def executemany(self, sql: Any, *args: Any) -> Any:
                return super().executemany(sql, *args)

        self.wrap(Cursor, "execute", counted)
        self.wrap(Cursor, "executemany", counted)

        class Connection(module.Connection):  # type: ignore[misc, name-defined]
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def execute(self, sql: Any, *args: Any) -> Any:
                return self.cursor().execute(sql, *args)

            def executemany(self, sql: Any, *args: Any) -> Any:
                return self.cursor().executemany(sql, *args)

        return Connection


def asked_by(frame: FrameType | None) -> str:
    """The module outside of the drivers that a statement comes from, with a dot behind it."""
    while frame is not None:
        name = f"{frame.f_globals.get('__name__', '')}."
        if not name.startswith(_WITHIN):
            return name
        frame = frame.f_back
    return ""


def given(_owner: Any, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    """Statement and parameters among the arguments, by place or by their names."""
    sql = args[0] if args else named.get("query", "")
    found = (named[name] for name in _PARAMETERS if name in named)
    return sql, args[1] if len(args) > 1 else next(found, None)


def _text(sql: Any) -> str:
    if isinstance(sql, str):
        return sql
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    # psycopg's composed statements need a connection to be quoted; without one this is as near as it gets.
    return str(sql.as_string(None)) if hasattr(sql, "as_string") else str(sql)


def counted(cursor: Any, _result: Any) -> int:
    """The rows that a cursor counts."""
    return int(getattr(cursor, "rowcount", 0))


def _returned(_connection: Any, result: Any) -> int:
    return len(result) if isinstance(result, (list, tuple)) else 0


def _status(_connection: Any, result: Any) -> int:
    """asyncpg answers `UPDATE 3`."""
    last = str(result).rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the drivers as they are imported."""
    drivers = Drivers(probe)

    def asyncpg(module: ModuleType) -> None:
        owner = module.Connection
        drivers.wrap_async(owner, "_execute", _returned)
        drivers.wrap_async(owner, "_executemany", _returned)
        # With arguments it goes by `_execute`.
        drivers.wrap_async(owner, "execute", _status, when=lambda *args: len(args) < 2)

    def cursors(wrap: Callable[[Any, str, Rows], None], owner: Any) -> None:
        for name in ("execute", "executemany"):
            wrap(owner, name, counted)

    after("asyncpg.connection", asyncpg)
    after("psycopg.cursor", lambda module: cursors(drivers.wrap, module.Cursor))
    after("psycopg.cursor_async", lambda module: cursors(drivers.wrap_async, module.AsyncCursor))
    after("aiosqlite.core", drivers.aiosqlite)
    after("sqlite3.dbapi2", drivers.sqlite)
