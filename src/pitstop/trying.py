"""Indexes for what a run has asked of its database: tried on clones of the copy that it ran against."""

from __future__ import annotations

import base64
import datetime
import decimal
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pitstop.errors import UnsafeDatabaseError
from pitstop.indexes.advice import advise
from pitstop.indexes.asked import Asked, ParameterStyle
from pitstop.target.database import DatabaseCopy, check_ours, clone_postgresql, drop_postgresql
from pitstop.target.urls import DatabaseURL
from pitstop.traces.records import Run, Sample
from pitstop.trials import Advice

_STYLES: dict[str, ParameterStyle] = {
    "qmark": "qmark",
    "numeric": "numeric",
    "numeric_dollar": "numeric_dollar",
    "format": "format",
    "pyformat": "pyformat",
    "named": "named",
}
_READ: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "bytes": base64.b64decode,
    "seconds": lambda text: datetime.timedelta(seconds=float(text)),
}


def advice(
    run: Run,
    database: str | None,
    *,
    folder: Path,
    on_progress: Callable[[str], None],
    allow_remote: bool = False,
) -> Advice | None:
    """Advice on the indexes of the database that a run was recorded on; None where it left no file and was none of ours.

    `database` is the URL of the copy that the run had; without one it is the SQLite file in the copy of the tree that was
    asked most. The run must have been recorded with `samples`. Raises TargetError where the copy cannot be cloned.
    """
    if database is not None:
        asked = list(asked_of(run, run.samples))
        if not asked:
            return None
        with _ours(database, folder, allow_remote) as copy:
            return advise(copy, asked, folder=folder, on_progress=on_progress, allow_remote=allow_remote)
    files = Counter(sample.file for sample in run.samples if sample.file and Path(sample.file).is_file())
    if not files:
        return None
    ((file, _),) = files.most_common(1)
    asked = list(asked_of(run, [sample for sample in run.samples if sample.file == file]))
    with DatabaseCopy(f"sqlite:///{file}", folder=folder) as copy:
        return advise(copy.url, asked, folder=folder, on_progress=on_progress)


@contextmanager
def _ours(database: str, folder: Path, allow_remote: bool) -> Iterator[str]:
    """The database, or a copy of it where it lies on a server of the run's own, under the name that the service gives it."""
    try:
        check_ours(DatabaseURL.parse(database), folder)
    except UnsafeDatabaseError:
        copy = clone_postgresql(database, allow_remote=allow_remote)
        try:
            yield copy
        finally:
            drop_postgresql(copy, allow_remote=allow_remote)
    else:
        yield database


def asked_of(run: Run, samples: tuple[Sample, ...] | list[Sample]) -> list[Asked]:
    """The statements of which there are samples, with how often the run sent each, and for which routes."""
    counts: Counter[str] = Counter()
    routes: dict[str, dict[str, None]] = defaultdict(dict)
    for exchange in run.exchanges:
        for statement in exchange.statements:
            counts[statement.sql] += 1
            routes[statement.sql][exchange.endpoint] = None
    by_text: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_text[sample.sql].append(sample)
    found = []
    for sql, alike in by_text.items():
        style = _STYLES.get(alike[0].paramstyle)
        if style is None or not counts[sql]:
            continue
        values = [read_value(msgspec.json.decode(sample.values)) for sample in alike]
        # the latest execution saw the most data
        found.append(
            Asked(
                sql=sql,
                parameters=values[-1],
                paramstyle=style,
                count=counts[sql],
                routes=tuple(routes[sql]),
                samples=tuple(values[:-1]),
            )
        )
    return found


def read_value(value: Any) -> Any:
    """A value of a sample, as the probe's `samples` wrote it."""
    if isinstance(value, list):
        return tuple(read_value(each) for each in value)
    if isinstance(value, dict):
        if value["as"] == "mapping":
            return {key: read_value(each) for key, each in value["of"].items()}
        return _READ[value["as"]](value["text"])
    return value
