"""Copies of a database to run against: made, put back, removed. Anything that is not such a copy is refused."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, LiteralString, Self

from pitstop.errors import TargetError, UnsafeDatabaseError
from pitstop.target.copying import copy_file, is_sqlite
from pitstop.target.digest import Digest, digest_postgresql, digest_sqlite
from pitstop.target.urls import DatabaseURL, hidden, is_local
from pitstop.temporary import TemporaryFolder

if TYPE_CHECKING:
    import psycopg

PREFIX = "pitstop_"
_OURS = re.compile(rf"^{PREFIX}[0-9a-f]{{12}}$")
_BOX = "pitstop-db-"
_OUR_BOX = re.compile(rf"^{_BOX}[0-9a-f]{{16}}$")
_FILE_COPY = 150000
_SIDE_FILES = ("-wal", "-journal")


def check_local(url: str, *, allow_remote: bool, environment: Mapping[str, str] | None = None) -> None:
    """Raise UnsafeDatabaseError for a server that is not on this machine, unless that is allowed."""
    hosts = DatabaseURL.parse(url).hosts(os.environ if environment is None else environment)
    remote = [host for host in hosts if not is_local(host)]
    if remote and not allow_remote:
        raise UnsafeDatabaseError(
            f"the database {hidden(url)} is on another machine ({', '.join(remote)}), perhaps one that people use",
            "Give a database on this machine (127.0.0.1), or say that this one may be copied there: "
            "--allow-remote-database.",
        )


def clone_postgresql(url: str, *, allow_remote: bool = False) -> str:
    """Copy a PostgreSQL database on its own server and return the copy's URL, of the same scheme.

    The copy is the server's own (`CREATE DATABASE ... TEMPLATE`), about 0.1 s for each 125 MB. Nobody's connection is
    ended for it. Raises UnsafeDatabaseError for a server elsewhere, TargetError when it cannot be done.
    """
    check_local(url, allow_remote=allow_remote)
    source = DatabaseURL.parse(url)
    name = f"{PREFIX}{secrets.token_hex(6)}"
    with _server(source, allow_remote) as connection:
        _create(connection, name, source.name, url)
    return source.renamed(name)


def limit_postgresql(url: str, *, allow_remote: bool = False) -> int:
    """How many connections the server of a database takes from users without privileges, altogether.

    Raises UnsafeDatabaseError for a server elsewhere, TargetError when it cannot be asked.
    """
    check_local(url, allow_remote=allow_remote)
    with _server(DatabaseURL.parse(url), allow_remote) as connection:
        told = connection.execute(
            "SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings "
            "WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')"
        ).fetchone()
    assert told is not None
    return int(told[0])


def restore_postgresql(clone: str, original: str, *, allow_remote: bool = False) -> None:
    """Make a copy be as its original again, sequences included. Connections to the copy are ended."""
    copy, source = DatabaseURL.parse(clone), DatabaseURL.parse(original)
    _must_be_ours(copy)
    check_local(clone, allow_remote=allow_remote)
    with _server(copy, allow_remote) as connection:
        _drop(connection, copy.name)
        _create(connection, copy.name, source.name, original)


def drop_postgresql(clone: str, *, allow_remote: bool = False) -> None:
    """Remove a copy; connections to it are ended. Raises UnsafeDatabaseError for a database that pitstop did not make."""
    copy = DatabaseURL.parse(clone)
    _must_be_ours(copy)
    check_local(clone, allow_remote=allow_remote)
    with _server(copy, allow_remote) as connection:
        _drop(connection, copy.name)


def check_ours(url: DatabaseURL, folder: Path) -> None:
    """Raise UnsafeDatabaseError for a database that is not a copy made here; relative files are seen from `folder`.

    Copies of files are told by the temporary folder that they are in, those on a server by their names.
    """
    if url.system != "sqlite":
        _must_be_ours(url)
        return
    file = Path() if url.in_memory else url.file(folder)
    if not _OUR_BOX.match(file.resolve().parent.parent.name) or not is_sqlite(file):
        raise UnsafeDatabaseError(
            f"the database {url.name!r} is not a copy that pitstop made; it is left as it is",
            "Make a copy first, and give the copy's address.",
        )


def _must_be_ours(url: DatabaseURL) -> None:
    if not _OURS.match(url.name):
        raise UnsafeDatabaseError(
            f"the database {url.name!r} is not a copy that pitstop made; it is left as it is",
            f"Only databases named {PREFIX}<12 hexadecimal digits> are put back or removed.",
        )


def client() -> Any:
    """The library psycopg, which only those need who have a PostgreSQL database. Raises TargetError without it."""
    try:
        import psycopg
    except ImportError as error:
        raise TargetError(
            "a PostgreSQL database needs psycopg, which is not installed beside pitstop",
            "Install it: pip install 'pitstop[postgresql]'.",
        ) from error
    return psycopg


def connect(url: DatabaseURL, name: str) -> psycopg.Connection[Any]:
    """A connection to database `name` on the server of `url`, each statement committed. Raises TargetError."""
    library = client()
    try:
        connection: psycopg.Connection[Any] = library.connect(
            url.libpq(name), autocommit=True, connect_timeout=10
        )
    except library.Error as error:
        raise TargetError(
            f"the database {hidden(url.text)} cannot be reached: {_first_line(error)}",
            "Start the server, and check user, password and name in the URL.",
        ) from error
    return connection


@contextmanager
def _server(url: DatabaseURL, allow_remote: bool) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the server's maintenance database: a database cannot be copied while we are in it."""
    if url.system != "postgresql":
        raise TargetError(
            f"{hidden(url.text)} is not a PostgreSQL database", "Give postgresql://... or sqlite:///..."
        )
    if not url.name:
        raise TargetError(f"{hidden(url.text)} names no database", "End the URL with the database's name.")
    with closing(_maintenance(url)) as connection:
        address = connection.info.hostaddr if connection.info.host else ""
        if not allow_remote and not is_local(address):
            raise UnsafeDatabaseError(
                f"the database {hidden(url.text)} answered from {address}, another machine",
                "Say that it may be copied there: --allow-remote-database.",
            )
        yield connection


def _maintenance(url: DatabaseURL) -> psycopg.Connection[Any]:
    first, second = ("template1", "postgres") if url.name == "postgres" else ("postgres", "template1")
    try:
        return connect(url, first)
    except TargetError as error:
        if "does not exist" not in error.message:
            raise
        return connect(url, second)


def _create(connection: psycopg.Connection[Any], name: str, template: str, shown: str) -> None:
    psycopg = client()
    from psycopg import sql

    fast: LiteralString = " STRATEGY FILE_COPY" if connection.info.server_version >= _FILE_COPY else ""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + fast).format(
        sql.Identifier(name), sql.Identifier(template)
    )
    try:
        connection.execute(statement)
    except psycopg.errors.ObjectInUse as error:
        users = _users(connection, template)
        raise TargetError(
            f"the database {hidden(shown)} is in use by {users}, and PostgreSQL copies only one that nobody is in",
            "Stop the app and close consoles that are connected to it, then run pitstop again. pitstop ends nobody's "
            "connection.",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise TargetError(
            f"the user of {hidden(shown)} may not copy it: {_first_line(error)}",
            f"Give a URL with a user that may create databases and owns {template!r}: ALTER ROLE name CREATEDB.",
        ) from error
    except psycopg.errors.InvalidCatalogName as error:
        raise TargetError(
            f"there is no database {template!r} on the server of {hidden(shown)}",
            "Check the name in the URL.",
        ) from error
    except psycopg.Error as error:
        raise TargetError(
            f"the database {hidden(shown)} cannot be copied: {_first_line(error)}",
            "Check that the server has room and that the user may create databases.",
        ) from error


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    psycopg = client()
    from psycopg import sql

    forced: LiteralString = " WITH (FORCE)" if connection.info.server_version >= 130000 else ""
    try:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}" + forced).format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise TargetError(
            f"the copy {name} cannot be removed: {_first_line(error)}",
            f'Remove it by hand: DROP DATABASE "{name}".',
        ) from error


def _users(connection: psycopg.Connection[Any], name: str) -> str:
    rows = connection.execute(
        "SELECT coalesce(nullif(application_name, ''), backend_type), usename, pid FROM pg_stat_activity "
        "WHERE datname = %s ORDER BY pid LIMIT 3",
        [name],
    ).fetchall()
    shown = ", ".join(f"{program} (user {user}, process {pid})" for program, user, pid in rows)
    return shown or "another session"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def digest(database: str | Path, *, folder: Path | None = None) -> dict[str, Digest]:
    """The state of each table: (rows, hash), whatever the order of the rows. Equal digests mean equal rows.

    `database` is a URL or an SQLite file; a relative file is seen from `folder`. Raises TargetError.
    """
    if isinstance(database, Path):
        return digest_sqlite(database)
    url = DatabaseURL.parse(database)
    if url.system == "sqlite":
        if url.in_memory:
            raise TargetError(f"{database} lives in the app's memory and cannot be looked at", "Use a file.")
        return digest_sqlite(url.file(folder or Path.cwd()))
    if url.system != "postgresql":
        raise TargetError(
            f"{hidden(database)} is neither PostgreSQL nor SQLite", "Other databases cannot be judged."
        )
    with closing(connect(url, url.name)) as connection:
        return digest_postgresql(connection)


class DatabaseCopy:
    """A copy of a database for runs; a context manager that removes it however the block ends.

    `url` is the copy's, of the original's scheme. The first copy is kept untouched beside the one that is run against,
    so that `restore` does not depend on the original, which may be in use again.
    """

    def __init__(self, original: str, *, folder: Path | None = None, allow_remote: bool = False) -> None:
        """`folder` is where relative SQLite files are seen from."""
        self.original = original
        self.url = ""
        self._allow_remote = allow_remote
        self._parsed = DatabaseURL.parse(original)
        self._folder = folder or Path.cwd()
        self._kept = ""
        self._box: TemporaryFolder | None = None

    def __enter__(self) -> Self:
        try:
            if self._parsed.system == "postgresql":
                self._kept = clone_postgresql(self.original, allow_remote=self._allow_remote)
                self.url = clone_postgresql(self._kept, allow_remote=self._allow_remote)
            elif self._parsed.system == "sqlite":
                self._copy_sqlite()
            else:
                raise TargetError(
                    f"{hidden(self.original)} is neither PostgreSQL nor SQLite",
                    "Give postgresql://... or sqlite:///..., or let the tests make their own database.",
                )
        except BaseException:
            self.drop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def _copy_sqlite(self) -> None:
        if self._parsed.in_memory:
            raise TargetError(
                f"{self.original} is a database in memory; there is nothing to copy", "Name a file."
            )
        source = self._parsed.file(self._folder)
        if not source.is_file():
            raise TargetError(
                f"there is no database {source}", "Make and fill it first, as the project's readme says."
            )
        self._box = TemporaryFolder(_BOX)
        for place in ("kept", "used"):
            (self._box.path / place).mkdir()
        copy_sqlite(source, self._box.path / "kept" / source.name)
        file = self._box.path / "used" / source.name
        copy_sqlite(self._box.path / "kept" / source.name, file)
        query = self.original.partition("?")[2]
        self.url = f"{self._parsed.scheme}:///{file}" + (f"?{query}" if query else "")

    @property
    def allowed(self) -> tuple[str, ...]:
        """What a run with this copy may connect to: itself, and files of its own."""
        return (self.url,)

    @property
    def data(self) -> str:
        """The copy's URL; the service is told its name."""
        return self.url

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing: the variables of the service itself are enough."""
        return {}

    def restore(self) -> None:
        """Put the copy back to what the original was when it was copied."""
        if self._kept:
            restore_postgresql(self.url, self._kept, allow_remote=self._allow_remote)
        elif self._box is not None:
            name = self._parsed.file(self._folder).name
            copy_sqlite(self._box.path / "kept" / name, self._box.path / "used" / name)

    def digest(self) -> dict[str, Digest]:
        """The state of the copy's tables."""
        return digest(self.url)

    def drop(self) -> None:
        """Remove the copy and the kept one. Does nothing twice."""
        if self._box is not None:
            self._box.remove()
            self._box = None
        clones, self.url, self._kept = [self.url, self._kept], "", ""
        if self._parsed.system == "postgresql":
            left: dict[str, TargetError] = {}
            for clone in filter(None, clones):
                try:
                    drop_postgresql(clone, allow_remote=self._allow_remote)
                except TargetError as error:
                    left[DatabaseURL.parse(clone).name] = error
            if left:
                by_hand = "; ".join(f'DROP DATABASE "{name}"' for name in left)
                raise TargetError(
                    next(iter(left.values())).message, f"Remove what is left by hand: {by_hand}."
                )


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite database with its log, so that what was committed but not yet written back comes along."""
    for ending in ("", *_SIDE_FILES, "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    for ending in ("", *_SIDE_FILES):
        side = source.with_name(source.name + ending)
        if side.is_file():
            copy_file(side, target.with_name(target.name + ending))
