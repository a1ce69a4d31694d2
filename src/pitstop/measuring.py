"""The unchanged service measured: each of its workloads as often as is needed, and the same requests at two sizes of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.measures import ServedRun
from pitstop.running import Progress, Record, run_once
from pitstop.settings import Settings
from pitstop.target.workspace import Workspace
from pitstop.temporary import TemporaryFolder
from pitstop.traces.merging import Part, merged
from pitstop.traces.records import Run
from pitstop.workload.chosen import Given
from pitstop.workload.drive import require
from pitstop.workload.model import (
    BrokeOff,
    Driven,
    Generate,
    NeverEnded,
    Passed,
    Replay,
    SomeFailed,
    Tests,
    Workload,
)
from pitstop.workload.recorded import from_run, sendable, write_requests
from pitstop.workload.shortcomings import require_answers, shortcomings


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of several workloads: each by itself, all as one with how it ended, and with fewer rows where both sizes were asked for."""

    parts: tuple[Part, ...]
    driven: Driven
    small: Run | None = None


def measure(
    record: Record,
    settings: Settings,
    progress: Progress,
    given: Sequence[Given],
    workspace: Workspace,
    serving: tuple[float, float] | None = None,
    *,
    memory: bool = False,
    rows: int | None = None,
) -> Measured:
    """One run of each workload, and all of them as one, for figures as they are. Raises UsageError, and TargetError where none of them ran.

    Each begins with the same files and data. One that could not be run is noted, and the others stand. What comes after one that
    broke off is left out, and that is noted; it is the end that is given then. With `serving` the requests are sent to the app under uvicorn, and those that read so many times a second (0: not at
    all) for so many seconds besides. With `memory` it is noted what each request allocates, which makes all times too long.
    With `rows` tables are filled to so many, and the same requests sent with a tenth of them before.
    """
    parts: list[Part] = []
    fewer: list[Part] = []
    served: tuple[ServedRun, ...] = ()
    ran: Driven | None = None
    failed: list[TargetError] = []
    for each in given:
        with sendable(each.workload):
            pass  # a file that nothing can be read from is said before the first is run
    for number, each in enumerate(given, 1):
        with ExitStack() as stack:
            place = workspace
            if number < len(given):
                place = workspace.clone()
                stack.callback(place.close)

            def part(run: Run, each: Given = each, place: Workspace = place) -> Part:
                return Part(name=each.name, kind=each.kind, run=run, place=str(place.path))

            def whole(run: Run) -> Run:
                return merged([*parts, part(run)])

            noted = len(record.skipped)
            driven: Driven | None = None
            small: Run | None = None
            phase = "measure" if len(given) == 1 else f"measure {each.name}"
            last = whole if number == len(given) else None
            record.served = ()
            try:
                if rows is None:
                    driven = _measured(
                        record, settings, progress, each, place, serving, phase=phase, whole=last, memory=memory
                    )  # fmt: skip
                else:
                    small, driven = _grown(
                        record, settings, progress, each.workload, place, rows, phase=phase, whole=last
                    )
            except TargetError as error:
                if len(given) == 1:
                    raise
                failed.append(_of(each, error))
            if len(given) > 1:
                record.skipped[noted:] = [_noted(each, skipped) for skipped in record.skipped[noted:]]
            if driven is None:
                reason = f"{failed[-1].message}. {failed[-1].hint}"
                record.skipped.append(Skipped(stage="measure", subject="a workload", reason=reason))
                continue
            ran = driven
            parts.append(part(driven.run))
            if small is not None:
                fewer.append(part(small))
            served += _of_workload(record.served, each.name) if len(given) > 1 else record.served
        if not isinstance(driven.ending, Passed | SomeFailed):
            record.skipped += [
                Skipped(stage="measure", subject=after.name, reason=f"not sent, for {each.name} broke off")
                for after in given[number:]
            ]
            break
    record.served = served
    if ran is None:
        raise failed[0]
    if parts[-1].name != given[-1].name and isinstance(ran.ending, Passed | SomeFailed):
        reason = f"none were tried: that is done on the data of {given[-1].name}, which could not be measured"
        record.skipped.append(Skipped(stage="measure", subject="indexes", reason=reason))
    return Measured(
        parts=tuple(parts),
        driven=msgspec.structs.replace(ran, run=merged(parts)),
        small=merged(fewer) if fewer else None,
    )


def _measured(
    record: Record,
    settings: Settings,
    progress: Progress,
    given: Given,
    workspace: Workspace,
    serving: tuple[float, float] | None,
    *,
    phase: str,
    whole: Callable[[Run], Run] | None,
    memory: bool,
) -> Driven:
    """One run of one workload. Raises TargetError where there is nothing of it to tell."""
    with ExitStack() as stack:
        workload = given.workload
        if serving is not None or not isinstance(workload, Generate):
            workload = stack.enter_context(repeatable(record, settings, progress, workload, workspace))
        progress.phase(phase)
        driven = run_once(
            record, settings, progress, workload, workspace, serving, whole=whole, memory=memory
        )
    return _told(record, settings, progress, driven)


def _told(record: Record, settings: Settings, progress: Progress, driven: Driven) -> Driven:
    """What ran, with its shortcomings noted. Raises TargetError where there is nothing of it to tell."""
    if not isinstance(driven.ending, BrokeOff | NeverEnded) or not driven.run.exchanges:
        require(driven.ending)
    check(record, driven.run, settings, progress)
    return driven


def _of(given: Given, error: TargetError) -> TargetError:
    return TargetError(f"{given.name}: {error.message}", error.hint)


def _of_workload(served: Sequence[ServedRun], name: str) -> tuple[ServedRun, ...]:
    return tuple(msgspec.structs.replace(each, workload=name) for each in served)


def _noted(given: Given, skipped: Skipped) -> Skipped:
    """What was said of one workload with its name; what filling said of the tables is the same for each."""
    if skipped.stage == "populate":
        return skipped
    return msgspec.structs.replace(skipped, subject=f"{given.name}: {skipped.subject}")


@contextmanager
def repeatable(
    record: Record,
    settings: Settings,
    progress: Progress,
    workload: Tests | Replay | Generate,
    workspace: Workspace,
) -> Iterator[Workload]:
    """The workload in a form that can be run again and again: generated requests are made once, and replayed then.

    Raises TargetError where none can be made.
    """
    if not isinstance(workload, Generate):
        with sendable(workload) as ready:
            yield ready
        return
    progress.phase("generate")
    with TemporaryFolder("pitstop-requests-") as folder:
        clone = workspace.clone()
        try:
            run = _whole(record, settings, progress, run_once(record, settings, progress, workload, clone))
        finally:
            clone.close()
        requests, left_out = from_run(run)
        record.skipped += left_out
        path = folder.path / "requests.jsonl"
        write_requests(path, requests)
        yield Replay(requests=path, offline=True)


def _grown(
    record: Record,
    settings: Settings,
    progress: Progress,
    workload: Tests | Replay | Generate,
    workspace: Workspace,
    rows: int,
    *,
    phase: str,
    whole: Callable[[Run], Run] | None,
) -> tuple[Run, Driven]:
    """The same requests at two sizes of the data: tables filled to a tenth of `rows` rows, and to `rows`.

    Generated requests are made with the smaller, whose rows the larger begins with. Raises TargetError.
    """
    with TemporaryFolder("pitstop-requests-") as folder, sendable(workload) as given:
        progress.phase(f"{phase} with {rows // 10:,} rows a table")
        clone = workspace.clone()
        try:
            run = run_once(record, settings, progress, given, clone, rows=rows // 10)
            small = _whole(record, settings, progress, run)
        finally:
            clone.close()
        if isinstance(given, Generate):
            requests, left_out = from_run(small)
            record.skipped += left_out
            path = folder.path / "requests.jsonl"
            write_requests(path, requests)
            given = Replay(requests=path, offline=True)
        progress.phase(f"{phase} with {rows:,} rows a table")
        driven = run_once(record, settings, progress, given, workspace, rows=rows, whole=whole)
        return small, _told(record, settings, progress, driven)


def _whole(record: Record, settings: Settings, progress: Progress, driven: Driven) -> Run:
    """The run, if it came to its end. Raises TargetError where it did not, or answered nothing."""
    require(driven.ending)
    check(record, driven.run, settings, progress)
    return driven.run


def check(record: Record, run: Run, settings: Settings, progress: Progress) -> None:
    """Note what the run could not do; tests that fail are told at once. Raises TargetError where it answered nothing."""
    found = list(shortcomings(run))
    record.skipped += found
    for each in found:
        if each.subject == "tests":
            progress.note(each.reason)
    require_answers(run, given=bool(settings.database))
