"""A copy of the service's database with more rows in it, kept for whoever wants to run against it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from pitstop.data import Skipped
from pitstop.errors import TargetError, UsageError
from pitstop.measures import FilledDatabase, FilledTable
from pitstop.running import Progress, Record
from pitstop.settings import Settings
from pitstop.surroundings import environment_of
from pitstop.target.database import DatabaseCopy, clone_postgresql, drop_postgresql
from pitstop.target.model import Target
from pitstop.target.urls import DatabaseURL, hidden
from pitstop.target.workspace import Workspace
from pitstop.temporary import TemporaryFolder
from pitstop.workload.populate import populate

SEED = 7


def fill(
    record: Record,
    settings: Settings,
    progress: Progress,
    workspace: Workspace,
    *,
    rows: int,
    grow: Mapping[str, int],
    to: Path | None,
) -> FilledDatabase:
    """Copy the database, fill the copy, and keep it: as the file `to`, or on the same PostgreSQL server.

    `grow` names tables that are to have another number of rows. The original is only read. Raises TargetError where there
    is no database, or it cannot be filled; UsageError where `to` is missing or there already.
    """
    target = record.target
    assert target is not None
    url = _database(target, settings)
    is_file = DatabaseURL.parse(url).system == "sqlite"
    if is_file and to is None:
        raise UsageError(
            f"{hidden(url)} is a file, and so is its copy", "Say where it is to go: `--to FILE`."
        )
    if to is not None and to.exists():
        raise UsageError(f"--to: {to} is there already", "Name a new file; pitstop overwrites none.")
    progress.phase("populate")
    with _copy(url, workspace.root / target.start, settings, to) as copy:
        made = populate(
            target,
            workspace.path,
            database=copy,
            rows=rows,
            seed=SEED,
            environment=environment_of(settings),
            timeout=settings.timeout_s,
            on_progress=lambda now: progress.step(f"{now.name}: {now.rows:,} of {now.wanted:,} rows", 0),
            grow=grow,
        )
        record.skipped += made.skipped
        for table in made.tables:
            if table.reason:
                reason = f"{table.after:,} of {table.wanted:,} rows: {table.reason}"
                record.skipped.append(Skipped(stage="populate", subject=table.name, reason=reason))
        return FilledDatabase(
            url=str(to) if is_file else hidden(copy),
            tables=tuple(
                FilledTable(name=table.name, before=table.before, after=table.after, wanted=table.wanted)
                for table in made.tables
            ),
            created=made.created,
        )


def _database(target: Target, settings: Settings) -> str:
    url = settings.database or next((v.value for v in target.databases if v.part == "url" and v.value), "")
    if not url:
        raise TargetError(
            f"there is no database to copy: {target.found.get('database', 'none was found')}",
            "Name it: `--database URL`.",
        )
    return url


@contextmanager
def _copy(url: str, folder: Path, settings: Settings, to: Path | None) -> Iterator[str]:
    """The URL of a copy that is kept if the block ends well."""
    parsed = DatabaseURL.parse(url)
    if parsed.system != "sqlite":
        clone = clone_postgresql(url, allow_remote=settings.allow_remote_database)
        try:
            yield clone
        except BaseException:
            drop_postgresql(clone, allow_remote=settings.allow_remote_database)
            raise
        return
    assert to is not None
    if parsed.in_memory:
        raise TargetError(f"{url} is a database in memory; there is nothing to copy", "Name a file.")
    if parsed.file(folder).is_file():
        with DatabaseCopy(url, folder=folder) as copy:
            yield copy.url
            _keep(DatabaseURL.parse(copy.url).file(folder), to)
    else:
        # A service that was never started: its own metadata makes the tables.
        with TemporaryFolder("pitstop-db-") as box:
            file = box.path / parsed.file(folder).name
            yield f"{parsed.scheme}:///{file}"
            _keep(file, to)


def _keep(file: Path, to: Path) -> None:
    """A whole database, with what is still in its log."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
