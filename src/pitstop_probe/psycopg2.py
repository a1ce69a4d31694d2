"""Statements that go to psycopg2 without SQLAlchemy. Its classes are C's, so connections and cursors are made of subclasses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .drivers import Drivers, asked_by, counted, given
from .state import Probe

_MOST_CLASSES = 1000


class Subclasses:
    """The classes that take the place of one base of psycopg2's and of those that are made of it.

    What notes comes right before the base: of a class with methods of its own that is below them, so that what they send is seen.
    """

    def __init__(self, probe: Probe, base: type, noting: type) -> None:
        self._probe = probe
        self._base = base
        self._noting = noting
        self._known: dict[type, type] = {}

    def of(self, kind: Any) -> Any:
        """What stands in for a class, which is one of its subclasses; for a function that makes objects, itself."""
        if kind is None or kind is self._base:
            return self._noting
        if not isinstance(kind, type) or not issubclass(kind, self._base) or issubclass(kind, self._noting):
            return kind
        known = self._known.get(kind)
        if known is None:
            if len(self._known) >= _MOST_CLASSES:
                self._known.clear()
            known = self._known[kind] = self._made(kind)
        return known

    def _made(self, kind: type) -> type:
        names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
        try:
            return type(kind.__name__, (kind, self._noting), names)
        except Exception as error:  # a class that cannot be inherited from, or not with another
            self._probe.fault("psycopg2", error)
            return kind


def cursors(probe: Probe, drivers: Drivers, base: type) -> Subclasses:
    """Cursors whose statements are noted."""
    noting = type(base.__name__, (base,), {"__module__": base.__module__, "__slots__": ()})
    for name in ("execute", "executemany"):
        drivers.wrap(noting, name, counted, tell=_composed)
    drivers.wrap(noting, "callproc", counted, tell=_of_procedure)
    return Subclasses(probe, base, noting)


def connections(probe: Probe, base: type, made: Subclasses) -> Subclasses:
    """Connections that give such cursors."""
    original: Callable[..., Any] = base.__dict__["cursor"]

    def cursor(self: Any, *args: Any, **named: Any) -> Any:
        # A connection that does not wait answers before the database has, so that nothing can be said of its times.
        if not self.async_:
            asked = args[1] if len(args) > 1 else named.get("cursor_factory")
            factory = made.of(self.cursor_factory if asked is None else asked)
            if len(args) > 1:
                args = (args[0], factory, *args[2:])
            else:
                named["cursor_factory"] = factory
        return original(self, *args, **named)

    names = {"__module__": base.__module__, "__slots__": (), "cursor": cursor}
    return Subclasses(probe, base, type(base.__name__, (base,), names))


def _composed(cursor: Any, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    """Statement and parameters; of one put together of parts its text, for which psycopg2 asks the connection."""
    sql, values = given(cursor, args, named)
    try:
        return sql.as_string(cursor) if hasattr(sql, "as_string") else sql, values
    except Exception:  # parts that psycopg2 will refuse, or a connection that is gone
        return "", values


def _of_procedure(_cursor: Any, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    """What psycopg2 sends for a procedure."""
    name = args[0] if args else named.get("procname", "")
    values = args[1] if len(args) > 1 else named.get("parameters")
    return f"SELECT * FROM {name}({','.join(['%s'] * len(values or ()))})", values


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Give what connects a class of ours, where nobody else notes what is sent."""
    drivers = Drivers(probe)

    def psycopg2(module: ModuleType) -> None:
        original: Callable[..., Any] = vars(module)["_connect"]
        extensions = sys.modules["psycopg2.extensions"]
        made = connections(probe, extensions.connection, cursors(probe, drivers, extensions.cursor))

        def connect(dsn: Any, connection_factory: Any = None, **named: Any) -> Any:
            if not asked_by(sys._getframe(1)).startswith("sqlalchemy."):
                connection_factory = made.of(connection_factory)
            return original(dsn, connection_factory=connection_factory, **named)

        vars(module)["_connect"] = connect

    after("psycopg2", psycopg2)
