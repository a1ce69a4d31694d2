"""Runs that were measured: each is kept, so that a later one can be compared with it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from pitstop.data import Report, Skipped
from pitstop.errors import UsageError
from pitstop.measures import MeasuredRun, RouteSummary, WorkloadSummary
from pitstop.patching.undo import state_folder

LAST = "last"
"""What `--compare` calls the run before this one."""
_KEPT = 50
"""Runs of one tree that are kept."""


def keep(
    root: Path,
    routes: tuple[RouteSummary, ...],
    workloads: tuple[WorkloadSummary, ...] = (),
    rows: int | None = None,
) -> MeasuredRun:
    """Keep the figures of a run in the state folder of its tree, and give it its name. Raises OSError where it cannot be written."""
    folder = _folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    while (path := folder / f"{now.strftime('%Y%m%d-%H%M%S-%f')}.json").exists():
        now += timedelta(microseconds=1)
    run = MeasuredRun(
        id=path.stem, measured_at=now.isoformat(), routes=routes, workloads=workloads, rows=rows
    )
    beside = path.with_suffix(".tmp")
    beside.write_bytes(msgspec.json.encode(run))
    beside.replace(path)
    for old in sorted(folder.glob("*.json"))[:-_KEPT]:
        with suppress(OSError):
            old.unlink()
    return run


def try_to_keep(
    root: Path,
    routes: tuple[RouteSummary, ...],
    workloads: tuple[WorkloadSummary, ...] = (),
    rows: int | None = None,
) -> tuple[str, tuple[Skipped, ...]]:
    """As `keep`: the name of the run, empty with the reason where it cannot be written."""
    try:
        return keep(root, routes, workloads, rows).id, ()
    except OSError as error:
        reason = f"it cannot be kept for `--compare`: {error}"
        return "", (Skipped(stage="measure", subject="this run", reason=reason),)


def find(root: Path, name: str) -> MeasuredRun:
    """The run that `--compare` names: `last`, the name of a kept one, or a JSON report of `pitstop measure`. Raises UsageError."""
    folder = _folder(root)
    known = sorted(path.stem for path in folder.glob("*.json"))
    if name == LAST:
        if not known:
            raise UsageError("--compare: no run of this tree is kept yet", "Measure once without it.")
        return _read(folder / f"{known[-1]}.json", name)
    if name in known:
        return _read(folder / f"{name}.json", name)
    given = Path(name)
    if given.is_file():
        return _of_report(given)
    these = f"Kept are: {', '.join(known[-5:])}. " if known else "None is kept yet. "
    raise UsageError(
        f"--compare: there is no run {name}",
        f"{these}`{LAST}` is the latest; a JSON report's file will do too.",
    )


def unlike(earlier: MeasuredRun, workloads: tuple[WorkloadSummary, ...], rows: int | None) -> tuple[str, ...]:
    """What an earlier run was asked otherwise than one of these workloads and rows, a sentence each."""
    if not earlier.workloads:
        return ()
    then, now = ({(each.kind, each.name): each for each in those} for those in (earlier.workloads, workloads))
    told = [
        f"{which} alone was sent {_called(those[key])}"
        for which, those, others in (("the earlier run", then, now), ("this run", now, then))
        for key in those
        if key not in others
    ]
    told += [
        f"{_called(each)} made {then[key].requests:,} requests then and {each.requests:,} now"
        for key, each in now.items()
        if key in then and then[key].requests != each.requests
    ]
    if earlier.rows != rows:
        told.append(f"tables were {_filled(earlier.rows)} then and are {_filled(rows)} now")
    return tuple(told)


def _called(workload: WorkloadSummary) -> str:
    match workload.kind:
        case "tests":
            return "the tests"
        case "generated":
            return "generated requests"
        case _:
            return f"the recording {workload.name}"


def _filled(rows: int | None) -> str:
    return "as they came" if rows is None else f"filled to {rows:,} rows"


def _folder(root: Path) -> Path:
    return state_folder(root) / "runs"


def _read(path: Path, name: str) -> MeasuredRun:
    try:
        return msgspec.json.decode(path.read_bytes(), type=MeasuredRun)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"--compare: the run {name} cannot be read: {error}", f"Delete {path}.") from error


def _of_report(path: Path) -> MeasuredRun:
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"--compare: {path} is no report of this pitstop: {error}",
            "`pitstop measure --format json --output FILE` makes one.",
        ) from error
    if not report.routes:
        raise UsageError(f"--compare: the report {path} holds no routes", "Give one of `pitstop measure`.")
    return MeasuredRun(
        id=str(path),
        measured_at="",
        routes=report.routes,
        workloads=report.workloads,
        rows=report.growth.large if report.growth is not None else None,
    )
