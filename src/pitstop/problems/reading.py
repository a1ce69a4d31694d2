"""What the rules find in a tree; kept, so that a tree which has not changed is not read twice."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import pitstop
from pitstop.data import Finding, Skipped
from pitstop.problems import Problem, diagnosis
from pitstop.project.source import may_fork, paused_gc, processes

if TYPE_CHECKING:
    from pitstop.project import Project

_KEPT = 40
"""Trees whose readings are kept: a few services, a few branches of each."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What reading a tree tells: its apps, how many routes they have, and the findings of each problem."""

    apps: tuple[str, ...]
    routes: int
    findings: dict[str, tuple[Finding, ...]]


NOTHING = Reading(apps=(), routes=0, findings={})


def read(project: Project, problems: Sequence[Problem], folder: Path | None) -> tuple[Reading, list[Skipped]]:
    """The reading of a project by these problems' rules, and the rules that failed.

    With a `folder`, readings are kept there. Whatever is wrong with what is kept only makes this slower.
    """
    key = _key(project) if folder is not None else ""
    known = _load(folder, key) if folder is not None else None
    names = [problem.name for problem in problems if problem.rule is not None]
    if known is not None and all(name in known.findings for name in names):
        return msgspec.structs.replace(known, findings={name: known.findings[name] for name in names}), []
    findings: dict[str, tuple[Finding, ...]] = {}
    skipped: list[Skipped] = []
    rules = [problem for problem in problems if problem.rule is not None]
    with paused_gc():
        for name, found, failed in _by_rules(project, rules):
            skipped += failed
            if not failed:
                findings[name] = found
    routes = sum(route.kind == "route" for route in project.routes.all)
    apps = tuple(project.routes.served_as(app) for app in project.routes.apps)
    reading = Reading(apps=apps, routes=routes, findings=findings)
    if folder is not None:
        more = known.findings if known is not None else {}
        _store(folder, key, msgspec.structs.replace(reading, findings={**more, **findings}))
    return reading, skipped


_Told = tuple[str, tuple[Finding, ...], list[Skipped]]
_PARALLEL_FROM = 50_000
"""Lines from which a second process pays: below, what each works out for itself costs more than it saves."""


def _by_rules(project: Project, problems: Sequence[Problem]) -> list[_Told]:
    """What each rule finds, in the order of the problems; of a large project in several processes."""
    told: dict[str, _Told] = {}
    workers = min(os.cpu_count() or 1, 4)
    if workers > 1 and len(problems) > workers and project.lines > _PARALLEL_FROM and may_fork():
        # What most rules ask for is worked out once, before the processes part.
        project.work_out()
        _shared.update(project=project)
        try:
            with suppress(BrokenProcessPool), processes(workers) as pool:
                told = {each[0]: each for each in pool.map(_told_of_shared, problems)}
        finally:
            _shared.clear()
    return [told.get(problem.name) or _told(project, problem) for problem in problems]


_shared: dict[str, Project] = {}
"""What the processes see that were forked while it was there: handing it over would cost more than they save."""


def _told_of_shared(problem: Problem) -> _Told:
    return _told(_shared["project"], problem)


def _told(project: Project, problem: Problem) -> _Told:
    found, failed = diagnosis.read(project, [problem])
    return problem.name, tuple(found), failed


def _key(project: Project) -> str:
    digest = hashlib.blake2b(_own_state().encode(), digest_size=16)
    for file in project.files:
        digest.update(file.path.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(file.text.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(repr(sorted(project.versions.known.items())).encode())
    digest.update(repr(sorted(project.deployment.texts.items())).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@cache
def _own_state() -> str:
    """What tells this pitstop from any other: its version, and when each of its files was last written."""
    home = Path(pitstop.__file__).parent
    files = sorted(path for ending in ("*.py", "*.toml") for path in home.rglob(ending))
    return repr(
        [pitstop.__version__, *((path.name, (s := path.stat()).st_size, s.st_mtime_ns) for path in files)]
    )


def _open(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "readings.sqlite", timeout=5)
    connection.execute("CREATE TABLE IF NOT EXISTS readings (key TEXT PRIMARY KEY, reading BLOB)")
    return connection


def _load(folder: Path, key: str) -> Reading | None:
    with suppress(OSError, sqlite3.Error, msgspec.DecodeError), closing(_open(folder)) as connection:
        row = connection.execute("SELECT reading FROM readings WHERE key = ?", (key,)).fetchone()
        return msgspec.msgpack.decode(row[0], type=Reading) if row else None
    return None


def _store(folder: Path, key: str, reading: Reading) -> None:
    with suppress(OSError, sqlite3.Error), closing(_open(folder)) as connection, connection:
        raw = msgspec.msgpack.encode(reading)
        connection.execute("INSERT OR REPLACE INTO readings VALUES (?, ?)", (key, raw))
        connection.execute(
            "DELETE FROM readings WHERE rowid <= (SELECT max(rowid) FROM readings) - ?", (_KEPT,)
        )
