"""The tables that Alembic's migrations make, for suites that are started after `alembic upgrade head`."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.traces.records import Run
from pitstop.workload.databases import Ready
from pitstop.workload.failures import explain
from pitstop.workload.launched import Launched, ProbeSettings

_CONFIG = "alembic.ini"
_LACKING = re.compile(r'UndefinedTable|relation "[^"\n]+" does not exist')
"""PostgreSQL's error 42P01, as asyncpg and psycopg name it and as the server says it."""


def lacks_tables(run: Run) -> bool:
    """Whether a test failed, or a request ended in an error, for a table that is not there."""
    said = [test.message for test in run.tests if test.outcome in {"failed", "error"}]
    said += [exchange.error for exchange in run.exchanges if exchange.error]
    return any(_LACKING.search(text) for text in said)


def config_of(target: Target) -> PurePosixPath | None:
    """Alembic's settings, relative to the target's root: where the service starts, in the project's folder, at the root, or in
    a folder that the app's file lies in, the nearest to it. None without any, or where Alembic is not installed."""
    if "alembic" not in target.interpreter.packages:
        return None
    places = [PurePosixPath(place) for place in dict.fromkeys((target.start, target.folder, "."))]
    if target.app is not None and target.app.file:
        places += PurePosixPath(target.app.file).parents
    return next((place / _CONFIG for place in places if (target.root / place / _CONFIG).is_file()), None)


def migrate(target: Target, config: PurePosixPath, tree: Path, ready: Ready, timeout: float) -> None:
    """Bring the database of a version, whose tree is at `tree`, to what its migrations say, by `alembic upgrade heads`.

    `timeout` is in seconds. Raises TargetError where that fails.
    """
    address = ready.data or ready.url
    launched = Launched(
        [str(target.interpreter.path), "-m", "alembic", "upgrade", "heads"],
        tree.resolve() / config.parent,
        target,
        tree,
        ProbeSettings(bodies=False, watchdog_ms=0, databases=(address,) if address else ()),
        environment=ready.environment,
        database=ready.url,
    )
    try:
        completed = launched.running.wait(timeout)
    finally:
        launched.stop()
    if completed.timed_out:
        raise TargetError(
            f"`alembic upgrade heads` did not end within {timeout:.0f} s",
            "Give it more time: `--timeout SECONDS`.",
        )
    if completed.returncode:
        cause, _ = explain(completed.output, completed.returncode)
        raise TargetError(
            f"the tables could not be made by `alembic upgrade heads`: {cause}",
            "Give a database that has them, of which a copy may be made: `--database URL`.",
        )
