"""Taking a database from the user's server to one of pitstop's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from pitstop.target.database import check_local, connect
from pitstop.target.programs import Programs
from pitstop.target.urls import DatabaseURL

_LARGEST = 1024**3
_SLOWEST_S = 600.0


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A database on the user's server, and what a server that is to be like theirs must know.

    `version` is the server's major one, `size` in bytes.
    """

    url: DatabaseURL
    version: int
    timezone: str
    collation: str
    tables: int
    size: int

    @property
    def name(self) -> str:
        """The database's name."""
        return self.url.name


def look(url: str, *, allow_remote: bool) -> Source:
    """What there is at `url`. Raises UnsafeDatabaseError for a server elsewhere, TargetError when it cannot be reached."""
    check_local(url, allow_remote=allow_remote)
    parsed = DatabaseURL.parse(url)
    with closing(connect(parsed, parsed.name)) as connection:
        row = connection.execute(
            "SELECT current_setting('TimeZone'), datcollate, pg_database_size(datname), (SELECT count(*) FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text NOT IN ('pg_catalog',"
            " 'information_schema')) FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert row is not None
        timezone, collation, size, tables = row
        return Source(
            url=parsed,
            version=connection.info.server_version // 10000,
            timezone=timezone,
            collation=collation,
            tables=tables,
            size=size,
        )


def transfer(source: Source, programs: Programs, target: str, file: Path) -> str:
    """Load the source's tables and rows into the database `target`, by way of `file`, which is removed.

    Returns why it could not be done, "" when it was; what was loaded by then is left there.
    """
    subject = f"the database {source.name} was not loaded into the servers of pitstop's own"
    if programs.version < source.version:
        return f"{subject}: pg_dump {programs.version} cannot read a server of version {source.version}"
    if source.size > _LARGEST:
        return f"{subject}: it has {source.size // 1024**2} MB, and each version would need its own"
    address, secret = source.url.without_password()
    known = {**os.environ, **({"PGPASSWORD": secret} if secret else {})}
    into, own = DatabaseURL.parse(target).without_password()
    both = ("--no-owner", "--no-privileges")
    dump = ("pg_dump", "-Fc", "-Z0", *both, "--no-publications", "--no-subscriptions", "-f", str(file))
    load = ("pg_restore", *both, "--exit-on-error", str(file))
    try:
        for command, variables, place in (
            (dump, known, address),
            (load, {**os.environ, "PGPASSWORD": own}, into),
        ):
            said = _run(programs.folder / command[0], (*command[1:], "-d", place), variables)
            if said:
                return f"{subject}: {command[0]}: {said}"
    finally:
        file.unlink(missing_ok=True)
    parsed = DatabaseURL.parse(target)
    with closing(connect(parsed, parsed.name)) as connection:
        # a dump has no statistics, and the planner would not use an index
        connection.execute("ANALYZE")
    return ""


def _run(program: Path, arguments: tuple[str, ...], variables: Mapping[str, str]) -> str:
    """What went wrong, "" when nothing did."""
    try:
        done = subprocess.run(
            [str(program), *arguments],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SLOWEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {_SLOWEST_S:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it failed"])[0]
