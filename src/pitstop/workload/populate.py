"""Rows for the database of a copy: made in the service's own interpreter, by its own metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.target.process import Completed, mask
from pitstop.target.urls import hidden
from pitstop.temporary import TemporaryFolder
from pitstop.traces.reading import read_run
from pitstop.workload.drive import check_loaded
from pitstop.workload.failures import explain
from pitstop.workload.launched import Launched, ProbeSettings

_PROGRESS = "pitstop: populated "
_START_UP = "start-up"
"""What the program calls the app's start, where that failed."""


class UnfilledError(TargetError):
    """The tables could not be filled. `is_open` where a run of the service may say more of why: it did not start, or asked for a
    database that it was refused."""

    def __init__(self, message: str, hint: str, *, is_open: bool = False) -> None:
        super().__init__(message, hint)
        self.is_open = is_open


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """How far one table is: the rows it has by now, and how many it is to have."""

    name: str
    rows: int
    wanted: int


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """One table afterwards. `reason` says why it has fewer rows than `wanted`, or what else fell short; "" otherwise."""

    name: str
    before: int
    after: int
    wanted: int
    reason: str


class Populated(msgspec.Struct, frozen=True, kw_only=True):
    """What was made. `created` where the tables had to be made first, by the service's metadata; `file` is the SQLite file."""

    tables: tuple[Filled, ...]
    created: bool
    skipped: tuple[Skipped, ...]
    file: Path | None = None


class _Left(msgspec.Struct, frozen=True):
    subject: str
    reason: str


class _Report(msgspec.Struct, frozen=True):
    tables: tuple[Filled, ...]
    created: bool
    skipped: tuple[_Left, ...]
    file: str
    error: str


def populate(
    target: Target,
    workspace_path: Path,
    *,
    database: str | None,
    rows: int,
    seed: int,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    on_progress: Callable[[Filling], None] | None = None,
    grow: Mapping[str, int] | None = None,
) -> Populated:
    """Fill a copy's database until tables that grow have `rows` rows, and those of `grow` as many as it says.

    `database` is the URL of a copy that may be written; None stands for the one SQLite file that the service itself opens
    in the copy of its tree. The same seed on the same tables and day gives the same rows. `timeout` is in seconds.
    Raises TargetError where the service has no app or the program did not come to its end in time, UnfilledError where it
    failed.
    """
    if target.app is None:
        raise TargetError(
            f"no app was found in {target.root} whose tables could be filled", "Name it: `--app module:name`."
        )
    arguments = [
        target.app.spec,
        f"--rows={rows}",
        f"--seed={seed}",
        *([f"--url={database}"] if database else []),
        *(f"--grow={name}={number}" for name, number in (grow or {}).items()),
    ]
    with TemporaryFolder() as folder:
        report, said = folder.path / "report.json", folder.path / "arguments"
        # a file, for the command line of a process is seen by all, and the URL may hold a password
        said.write_text("\n".join([*arguments, f"--report={report}"]), "utf-8")
        launched = Launched(
            [str(target.interpreter.path), "-m", "pitstop_probe.populate", f"@{said}"],
            workspace_path.resolve() / target.start,
            target,
            workspace_path,
            ProbeSettings(
                bodies=False, watchdog_ms=0, seed=seed, databases=(database,) if database else ("sqlite",)
            ),
            environment=environment,
            database=database,
            on_line=_teller(on_progress) if on_progress is not None else None,
        )
        try:
            completed = launched.running.wait(timeout)
            run = read_run(launched.out)
        finally:
            launched.stop()
        check_loaded(run, target, workspace_path)
        base = os.environ if environment is None else environment
        return _read(report, completed, database, lambda text: mask(text, base), refused=bool(run.refused))


def _teller(on_progress: Callable[[Filling], None]) -> Callable[[str], None]:
    def tell(line: str) -> None:
        words = line.removeprefix(_PROGRESS).rsplit(" ", 2)
        if line.startswith(_PROGRESS) and len(words) == 3 and words[1].isdigit() and words[2].isdigit():
            on_progress(Filling(name=words[0], rows=int(words[1]), wanted=int(words[2])))

    return tell


def _read(
    path: Path, completed: Completed, database: str | None, masked: Callable[[str], str], *, refused: bool
) -> Populated:
    if completed.timed_out:
        raise TargetError(
            f"the tables were not filled within {completed.duration_s:.0f} s",
            "Give it more time (`--timeout SECONDS`), or ask for fewer rows.",
        )
    try:
        report = msgspec.convert(json.loads(path.read_text("utf-8")), _Report)
    except (OSError, ValueError):
        cause, hint = explain(completed.output, completed.returncode)
        raise UnfilledError(f"the tables could not be filled: {cause}", hint, is_open=refused) from None
    if report.error:
        where = f" ({hidden(database)})" if database else ""
        raise UnfilledError(
            f"the tables could not be filled: {masked(report.error)}{where}",
            "Rows are made for services whose tables SQLAlchemy knows, in a database that may be written."
            + ("" if database else " Which one it is can be said: `--database URL`."),
            is_open=refused or any(each.subject == _START_UP for each in report.skipped),
        )
    return Populated(
        tables=tuple(msgspec.structs.replace(each, reason=masked(each.reason)) for each in report.tables),
        created=report.created,
        skipped=tuple(
            Skipped(stage="populate", subject=each.subject, reason=masked(each.reason))
            for each in report.skipped
        ),
        file=Path(report.file) if report.file else None,
    )
