"""Two clones of a copy, side by side: one without the indexes on trial, one with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from pitstop.errors import TargetError
from pitstop.indexes.engine_postgresql import PostgreSQLEngine
from pitstop.indexes.engine_sqlite import SQLiteEngine
from pitstop.indexes.engines import Deadline, Engine, Refused
from pitstop.target.database import check_ours, clone_postgresql, copy_sqlite, drop_postgresql
from pitstop.target.urls import DatabaseURL, hidden
from pitstop.temporary import TemporaryFolder


@contextmanager
def clones(
    database: str, folder: Path, deadline: Deadline, *, allow_remote: bool = False
) -> Iterator[tuple[Engine, Engine]]:
    """Two engines on clones of `database` that are alike; the clones are removed however the block ends.

    `database` is the URL of a copy that pitstop made and that nobody is connected to; a relative file is seen from `folder`.
    Raises UnsafeDatabaseError for any other one, TargetError where it cannot be cloned.
    """
    url = DatabaseURL.parse(database)
    check_ours(url, folder)
    with ExitStack() as stack:
        if url.system == "sqlite":
            box = stack.enter_context(TemporaryFolder("pitstop-indexes-"))
            files = [box.path / "without.db", box.path / "with.db"]
            for file in files:
                copy_sqlite(url.file(folder), file)
            try:
                engines = [stack.enter_context(closing(SQLiteEngine(file, deadline))) for file in files]
            except sqlite3.Error as error:
                raise TargetError(f"{database} cannot be read as an SQLite database") from error
            yield engines[0], engines[1]
            return
        first = _clone(stack, database, allow_remote)
        with closing(PostgreSQLEngine(first, deadline)) as engine:
            try:
                engine.prepare()
            except Refused as error:
                raise TargetError(f"the clone of {hidden(database)} cannot be analysed: {error}") from error
        second = _clone(stack, first, allow_remote)
        yield (
            stack.enter_context(closing(PostgreSQLEngine(first, deadline))),
            stack.enter_context(closing(PostgreSQLEngine(second, deadline))),
        )


def _clone(stack: ExitStack, url: str, allow_remote: bool) -> str:
    made = clone_postgresql(url, allow_remote=allow_remote)
    stack.callback(drop_postgresql, made, allow_remote=allow_remote)
    return made
