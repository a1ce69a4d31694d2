"""Refuses connections to any database but those the run may use."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .imports import when_made
from .state import Probe

Address = tuple[str, str, int, str]
"""Kind of database, host or socket folder, port, name."""

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521, "mongodb": 27017}
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})


class RefusedConnectionError(RuntimeError):
    """The app wanted to connect to a database that is not the copy made for this run."""


class RefusedNetworkError(ConnectionRefusedError):
    """The app wanted to reach another machine. An OSError, as a network that is down gives, so that the app's own care shows."""


def is_ours(error: BaseException | None) -> bool:
    """Whether an error comes of a connection that the probe refused: the app is not to blame for it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, (RefusedConnectionError, RefusedNetworkError)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _ending_in_separator(*folders: str) -> tuple[str, ...]:
    return tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)


class Guard:
    """The list of what may be connected to."""

    def __init__(self, probe: Probe, allowed: tuple[str, ...]) -> None:
        self._probe = probe
        self._sqlite = any(entry.partition(":")[0].partition("+")[0] == "sqlite" for entry in allowed)
        self._allowed = {address_of(entry) for entry in allowed if "://" in entry}
        self._prepared: set[type] = set()
        self._since = probe.config.since
        self._own = _ending_in_separator(probe.config.root, probe.config.out)
        self._temporary = _ending_in_separator(tempfile.gettempdir())

    def check_file(self, database: Any) -> None:
        """Raise RefusedConnectionError unless it is in memory, a file under the workspace, or a new one under the temporary folder."""
        name = os.fsdecode(database) if isinstance(database, (bytes, os.PathLike)) else str(database or "")
        path = name
        if name.startswith("file:"):
            parts = urlsplit(name)
            if parse_qs(parts.query).get("mode") == ["memory"]:
                path = ""
            else:
                path = unquote(parts.path)
        if self._sqlite and (path in ("", ":memory:") or self._is_ours(os.path.realpath(path))):
            return
        self._refuse("sqlite", "sqlite:///" + path)

    def _is_ours(self, path: str) -> bool:
        """Whether a file belongs to this run. One that was in the temporary folder before may be somebody's data."""
        if path.startswith(self._own):
            return True
        if not path.startswith(self._temporary):
            return False
        try:
            return self._since is None or os.stat(path).st_ctime >= self._since
        except OSError:
            return True

    def allows(self, address: Address) -> bool:
        """Whether the address is on the list."""
        kind, host, port, _ = address
        return address in self._allowed or (kind, host, port, "*") in self._allowed

    def check(self, address: Address) -> None:
        """Raise RefusedConnectionError unless the address is on the list."""
        kind, host, port, name = address
        if self.allows(address):
            return
        self._refuse(kind, f"{kind}://{host}{f':{port}' if port else ''}/{name}")

    def _refuse(self, what: str, address: str) -> None:
        try:
            stack = self._probe.stacks.here()
            self._probe.output.put({"type": "refused", "what": what, "address": address, "stack": stack})
        except Exception as error:
            self._probe.fault("guard", error)
        raise RefusedConnectionError(
            f"pitstop refused a connection to {address}: this run may only use a copy made for it"
        )

    def prepare(self, dialect: type) -> None:
        """Guard `connect` of a dialect class of SQLAlchemy's and its bases."""
        for owner in dialect.__mro__:
            if owner in self._prepared or "connect" not in owner.__dict__ or not hasattr(owner, "do_execute"):
                continue
            self._prepared.add(owner)
            self._wrap_connect(owner)

    def _wrap_connect(self, owner: type) -> None:
        original: Callable[..., Any] = owner.__dict__["connect"]
        guard = self

        @functools.wraps(original)
        def connect(self: Any, *args: Any, **named: Any) -> Any:
            name = getattr(self, "name", "")
            if name == "sqlite":
                guard.check_file(args[0] if args else named.get("database"))
            else:
                guard.check(from_arguments(name, args, named))
            return original(self, *args, **named)

        setattr(owner, "connect", connect)  # noqa: B010  # the class is SQLAlchemy's and typed otherwise

    def wrap_function(self, owner: Any, name: str, check: Callable[..., None]) -> None:
        """Check a driver's own function for connecting before each call."""
        original = owner.__dict__[name]
        function = getattr(original, "__func__", original)

        @functools.wraps(function)
        def connect(*args: Any, **named: Any) -> Any:
            check(*args, **named)
            return function(*args, **named)

        setattr(owner, name, classmethod(connect) if isinstance(original, classmethod) else connect)


def server_of(kind: str, host: Any, port: Any) -> Address:
    """The address of a server, whichever database is used on it."""
    return _address(kind, str(host), port, "")


def address_of(url: str) -> Address:
    """The address that a URL names, passwords and drivers left out."""
    parts = urlsplit(url)
    kind = _kind(parts.scheme.partition("+")[0])
    host = (parse_qs(parts.query).get("host") or [parts.hostname or ""])[0]
    return _address(kind, host, parts.port, unquote(parts.path.lstrip("/")))


def from_arguments(kind: str, args: tuple[Any, ...], named: dict[str, Any]) -> Address:
    """The address that the arguments of a driver's `connect` name."""
    kind = _kind(kind)
    dsn = named.get("dsn") or named.get("conninfo") or (args[0] if args and isinstance(args[0], str) else "")
    found: dict[str, Any] = {}
    if "://" in dsn:
        address = address_of(dsn)
        found = {"host": address[1], "port": address[2], "database": address[3]}
    elif kind == "postgresql":
        found = dict(word.split("=", 1) for word in dsn.split() if "=" in word)
    found.update({key: value for key, value in named.items() if value is not None})
    host: Any = found.get("host") or found.get("hostaddr")
    port: Any = found.get("port")
    name: Any = found.get("database") or found.get("dbname") or found.get("db")
    if kind == "postgresql":
        host, port = host or os.environ.get("PGHOST"), port or os.environ.get("PGPORT")
        name = name or os.environ.get("PGDATABASE") or found.get("user") or os.environ.get("PGUSER")
    if isinstance(host, (list, tuple)):
        host = ",".join(str(each) for each in host)
    return _address(kind, str(host or found.get("unix_socket") or ""), port, str(name or ""))


def _address(kind: str, host: str, port: Any, name: str) -> Address:
    host = "127.0.0.1" if host in _LOCAL else host
    try:
        number = int(port) if port else _PORTS.get(kind, 0)
    except (TypeError, ValueError):
        number = -1
    return kind, host, number, name


def _kind(name: str) -> str:
    return "postgresql" if name in ("postgres", "psycopg", "asyncpg") else name


def install(
    probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None], allowed: tuple[str, ...]
) -> None:
    """Guard SQLAlchemy's dialects and the common drivers."""
    from . import mongo_guard  # which is built on this module

    guard = Guard(probe, allowed)

    def file(database: Any = "", *_args: Any, **_named: Any) -> None:
        guard.check_file(database)

    def postgresql(*args: Any, **named: Any) -> None:
        guard.check(
            from_arguments("postgresql", tuple(each for each in args if isinstance(each, str)), named)
        )

    def sqlite(module: ModuleType) -> None:
        guard.wrap_function(module, "connect", file)

    def dialects(module: ModuleType) -> None:
        when_made(module.DefaultDialect, guard.prepare)

    def psycopg(module: ModuleType) -> None:
        guard.wrap_function(module.Connection, "connect", postgresql)
        guard.wrap_function(module.AsyncConnection, "connect", postgresql)
        if hasattr(module, "connect"):
            module.connect = module.Connection.connect  # type: ignore[attr-defined]  # it was bound to the unguarded one

    after("sqlite3.dbapi2", sqlite)
    after("sqlite3", sqlite)
    after("sqlalchemy.engine.default", dialects)
    after("asyncpg.connect_utils", lambda module: guard.wrap_function(module, "_connect", postgresql))
    after("psycopg", psycopg)
    mongo_guard.install(guard, after)
    after("psycopg2", lambda module: guard.wrap_function(module, "connect", postgresql))
