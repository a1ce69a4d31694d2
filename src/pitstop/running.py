"""One run of the unchanged service: the database it is given, the workload that is sent to it, and indexes for what it asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from pitstop.data import Skipped
from pitstop.errors import PitstopError, TargetError
from pitstop.measures import ServedRun
from pitstop.settings import Settings
from pitstop.surroundings import copied_database, elsewhere, environment_of, in_tree, opened_file
from pitstop.target.database import limit_postgresql
from pitstop.target.keys import Keys, read_keys
from pitstop.target.model import Target
from pitstop.target.sides import Database
from pitstop.target.urls import DatabaseURL
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Run
from pitstop.trials import Advice
from pitstop.trying import advice
from pitstop.workload.databases import Databases, Ready, Tables
from pitstop.workload.drive import require, start
from pitstop.workload.generated import SEED, generate
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.migrations import config_of, lacks_tables, migrate
from pitstop.workload.model import (
    Driven,
    Generate,
    Passed,
    Replay,
    SomeFailed,
    Tests,
)
from pitstop.workload.model import Progress as Sent
from pitstop.workload.populate import UnfilledError, populate
from pitstop.workload.served import Load, serve
from pitstop.workload.shortcomings import require_answers, require_use


class Record(Protocol):
    """Where it is noted what the run could not do, and how the service is run after all."""

    target: Target | None
    skipped: list[Skipped]
    served: tuple[ServedRun, ...]
    indexes: Advice | None


class Progress(Protocol):
    """Told what is done at the moment."""

    def phase(self, name: str, steps: int = ...) -> None: ...

    def step(self, text: str, done: int = ...) -> None: ...

    def note(self, text: str) -> None:
        """What a person should know before the end."""


def run_once(
    record: Record,
    settings: Settings,
    progress: Progress,
    workload: Tests | Replay | Generate,
    workspace: Workspace,
    serving: tuple[float, float] | None = None,
    rows: int | None = None,
    whole: Callable[[Run], Run] | None = None,
    memory: bool = False,
) -> Driven:
    """One run of a workload in the copy of the tree. Raises TargetError.

    With `rows` the tables of its database are filled first. Where it is the last run, indexes are tried for all that was
    asked: what `whole` makes of it. `serving` and `memory` are as `measuring.measure` has them.
    """
    target = record.target
    assert target is not None
    folder = workspace.root / target.start
    given, inside = copied_database(settings, target, workspace), in_tree(settings, target, workspace)
    unfilled: list[UnfilledError] = []
    databases = Databases(
        given,
        folder,
        environment=environment_of(settings),
        elsewhere=elsewhere(record, settings),
        tables=tables(record, settings, progress, workload) if rows is None else None,
    )

    def once() -> Driven:
        ready = databases.prepare("measured", workspace.path)
        unfilled.clear()
        data = ready.data or inside or opened_file(target, workspace)
        try:
            databases.require_tables("measured")
            if rows is not None:
                file = _fill(record, settings, progress, workspace.path, ready, rows, ready.data or inside)
                data = data or (f"sqlite:///{file}" if file is not None else None)
        except UnfilledError as error:
            # Where a run cannot show that another database is wanted, or why it does not start, there is nothing to measure.
            if (ready.data or inside) and not error.is_open:
                raise
            unfilled.append(error)
        probe = ProbeSettings(
            databases=databases.allowed(
                ("sqlite", *(f"mongodb://{server}/*" for server in settings.allow_mongodb))
            ),
            replayable=True,
            plans=True,
            phases=True,
            samples=True,
            memory=memory,
            files=True,
            caches=True,
        )
        keys = read_keys(data, folder) if data is not None and isinstance(workload, Generate) else ()
        return _drive(record, settings, progress, workload, workspace, ready, probe, serving, keys)

    driven: Driven | None = None
    is_over = False
    try:
        with databases:
            driven = databases.first(once, lambda text: progress.step(text, 0))
            if unfilled:
                # A service that does not start or fails each request has made no engine either: that is the reason to tell.
                if not driven.run.refused:
                    require(driven.ending)
                require_answers(driven.run, given=bool(settings.database))
                raise unfilled[0]
            if rows is not None:
                require_use(driven.run, databases.data("measured"), folder)
            # What tests leave on a server of the run's own is nothing to go by: they empty their tables.
            lasting = given is not None or not isinstance(workload, Tests)
            if whole is not None and lasting and isinstance(driven.ending, Passed | SomeFailed):
                progress.phase("try indexes")
                _try_indexes(
                    record, settings, progress, whole(driven.run), databases.data("measured"), folder
                )
            is_over = True
            if given is not None:
                driven = _with_limit(record, driven, given)
    except TargetError as error:
        if not is_over or driven is None:
            raise
        # a server that is gone takes the copies with it, but not what was measured
        reason = f"the copies could not be removed: {error.message}. {error.hint}"
        record.skipped.append(Skipped(stage="measure", subject="database", reason=reason))
    return driven


def _with_limit(record: Record, driven: Driven, given: Database) -> Driven:
    """The run with how many connections the user's server takes; a server of the run's own says nothing of any other."""
    if DatabaseURL.parse(given.url).system != "postgresql":
        return driven
    try:
        limit = limit_postgresql(given.url, allow_remote=given.allow_remote)
    except PitstopError as error:
        record.skipped.append(
            Skipped(stage="measure", subject="connections of the server", reason=error.message)
        )
        return driven
    return msgspec.structs.replace(driven, run=msgspec.structs.replace(driven.run, server_limit=limit))


def _try_indexes(
    record: Record, settings: Settings, progress: Progress, run: Run, url: str | None, folder: Path
) -> None:
    """Note what indexes are worth for what the run has asked; what keeps them from being tried is no failure of the run."""
    try:
        record.indexes = advice(
            run,
            url,
            folder=folder,
            on_progress=lambda text: progress.step(text, 0),
            allow_remote=settings.allow_remote_database,
        )
    except PitstopError as error:
        record.skipped.append(Skipped(stage="measure", subject="indexes", reason=error.message))


def tables(
    record: Record, settings: Settings, progress: Progress, workload: Tests | Replay | Generate
) -> Tables | None:
    """What makes the tables on a bare server; None for tests without migrations, which make their own.

    Tests that make their own beside migrations are left to do so: these run only where a table was found to be lacking.
    """
    if isinstance(workload, Tests):
        return _migrated(record, settings)

    def make(ready: Ready, tree: Path) -> None:
        _fill(record, settings, progress, tree, ready, 0, ready.data)

    return Tables(make=make)


def _migrated(record: Record, settings: Settings) -> Tables | None:
    target = record.target
    assert target is not None
    config = config_of(target)
    if config is None:
        return None

    def make(ready: Ready, tree: Path) -> None:
        try:
            migrate(target, config, tree, ready, settings.timeout_s)
        except TargetError as error:
            skipped = Skipped(stage="measure", subject="database", reason=error.message)
            record.skipped += [skipped] if skipped not in record.skipped else []
            raise

    return Tables(make=make, lacking=lacks_tables)


def _fill(
    record: Record,
    settings: Settings,
    progress: Progress,
    tree: Path,
    ready: Ready,
    rows: int,
    url: str | None,
) -> Path | None:
    """Fill the tables of the copy at `url`; what could not be is noted. Returns the file of an SQLite database."""
    assert record.target is not None
    made = populate(
        record.target,
        tree,
        database=url,
        rows=rows,
        seed=SEED,
        environment=ready.environment,
        timeout=settings.timeout_s,
        on_progress=lambda now: progress.step(f"{now.name}: {now.rows:,} of {now.wanted:,} rows", 0),
    )
    # Each version of a proof has its tables made, and the same is lacking in all of them.
    record.skipped += [each for each in made.skipped if each not in record.skipped]
    for table in made.tables:
        if table.reason and rows:
            reason = f"{table.after:,} of {table.wanted:,} rows: {table.reason}"
            record.skipped.append(Skipped(stage="populate", subject=table.name, reason=reason))
    return made.file


def _drive(
    record: Record,
    settings: Settings,
    progress: Progress,
    workload: Tests | Replay | Generate,
    workspace: Workspace,
    ready: Ready,
    probe: ProbeSettings,
    serving: tuple[float, float] | None,
    keys: Sequence[Keys],
) -> Driven:
    target = record.target
    assert target is not None

    def say(now: Sent) -> None:
        tests = f"{now.tests} tests, " if isinstance(workload, Tests) else ""
        progress.step(f"{tests}{now.requests} requests {now.label}".rstrip(), 0)

    if isinstance(workload, Generate):
        return generate(
            workload,
            target,
            workspace.path,
            probe,
            environment=ready.environment,
            database=ready.url,
            keys=keys,
            timeout=settings.timeout_s,
            on_progress=say,
        )
    if isinstance(workload, Replay) and workload.offline:
        probe = msgspec.structs.replace(probe, seed=SEED)
    if serving is not None and isinstance(workload, Replay):
        driven, record.served = serve(
            workload,
            target,
            workspace.path,
            probe,
            environment=ready.environment,
            database=ready.url,
            timeout=settings.timeout_s,
            load=Load(rate=serving[0], seconds=serving[1]) if serving[0] else None,
            on_progress=say,
        )
        return driven
    drive = start(workload, target, workspace.path, probe, environment=ready.environment, database=ready.url)
    return drive.wait(timeout=settings.timeout_s, on_progress=say)
