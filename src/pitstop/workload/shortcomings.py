"""What a run of the unchanged service could not do: what a report must say, and what ends the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.target.moving import advice
from pitstop.target.urls import DatabaseURL
from pitstop.traces.records import Run, TestOutcome
from pitstop.workload.failures import told_by
from pitstop.workload.login import recipe

_LOCKED = frozenset({401, 403})
_NAMED = 3
_LINE = 200
_NETWORK = "network"
"""What the probe calls another machine that is no database."""


def shortcomings(run: Run) -> Iterator[Skipped]:
    """What was refused, lost or failed in the run, each with its reason."""
    yield from run.skipped
    for address in _refused(run)[:_NAMED]:
        way = "give one with `--database URL`"
        if address.startswith("mongodb://"):
            way = "`pitstop measure --allow-mongodb HOST:PORT` uses a MongoDB as it is"
        reason = f"the service tried to connect to it, and it is not a copy; {way}"
        yield Skipped(stage="measure", subject=address, reason=reason)
    elsewhere = list(dict.fromkeys(each.address for each in run.refused if each.what == _NETWORK))
    if elsewhere:
        more = f" and {len(elsewhere) - _NAMED} more" if len(elsewhere) > _NAMED else ""
        reason = "the service tried to reach it; requests that are made up stay on this machine"
        yield Skipped(stage="measure", subject=", ".join(elsewhere[:_NAMED]) + more, reason=reason)
    for fault in run.faults[:_NAMED]:
        yield Skipped(stage="measure", subject=f"probe, {fault.where}", reason=fault.error)
    if len(run.faults) > _NAMED:
        reason = f"{len(run.faults) - _NAMED} more failures of the probe"
        yield Skipped(stage="measure", subject="probe", reason=reason)
    yield from _lost(run)
    yield from _errors(run)
    failed = _failed(run)
    if failed:
        names = ", ".join(test.id for test in failed[:_NAMED])
        reason = f"{len(failed)} of {len(run.tests)} tests fail before anything is changed: {names}{_because(failed)}"
        yield Skipped(stage="measure", subject="tests", reason=reason)


def _because(failed: list[TestOutcome]) -> str:
    """What the first of the failures said that said something, in a line."""
    said = next((test.message.strip() for test in failed if test.message.strip()), "")
    told = told_by(said)
    line = told[0] if told else said.partition("\n")[0].strip()
    return f"; the first failure: {line[:_LINE]}" if line else ""


def _lost(run: Run) -> Iterator[Skipped]:
    """What was not kept, summed up for each reason: a busy run leaves a record of it many times a second."""
    sums: dict[str, Counter[str]] = {}
    for dropped in run.dropped:
        counts = sums.setdefault(dropped.why, Counter())
        counts.update(requests=dropped.requests, statements=dropped.statements)
        counts["other records"] += dropped.others
    for why, counts in sums.items():
        told = [f"{count} {what}" for what, count in counts.items() if count]
        if told:
            reason = f"{' and '.join(told)} were not kept: {why}"
            yield Skipped(stage="measure", subject="trace", reason=reason)


def _errors(run: Run) -> Iterator[Skipped]:
    """Where no test says what an answer should have been: requests of which most ended in an error of the service's."""
    failed = [each for each in run.requests if each.status == 0 or each.status >= 500]
    if run.tests or 2 * len(failed) < max(len(run.requests), 1):
        return
    reason = f"{len(failed)} of {len(run.requests)} ended in an error of the service{_most_often(run)}; their figures say little"
    yield Skipped(stage="measure", subject="requests", reason=reason)


def _most_often(run: Run) -> str:
    """The error that left the app most often, and where it was raised if that is the service's own code."""
    raised = Counter(
        (each.error, run.frames(position, each.error_stack)[:1] if each.error_stack else ())
        for position, each in enumerate(run.exchanges)
        if each.error
    )
    if not raised:
        return ""
    ((error, frames), times) = raised.most_common(1)[0]
    where = f" ({frames[0].path}:{frames[0].line})" if frames else ""
    return f", {times} in {error}{where}"


def require_answers(run: Run, *, given: bool) -> None:
    """Raise TargetError where no request was answered, or each with an error that no test asked for. `given` says that the user named a database."""
    if run.exchanges and (run.tests or any(0 < each.status < 500 for each in run.exchanges)):
        return
    wanted = _refused(run)
    if wanted:
        raise TargetError(
            f"the service wants the database {wanted[0]}, which is not known to be a copy",
            advice(wanted[0], given=given),
        )
    if run.exchanges:
        raise TargetError(
            f"every request ended in an error of the service{_most_often(run)}",
            "Start it by hand and send it one: its settings, its database, or the versions installed may be wrong.",
        )
    first = next((test.message for test in _failed(run) if test.message), "")
    if told := told_by(first):
        raise TargetError(f"the service was asked nothing, and its tests fail: {told[0]}", told[1])
    raise TargetError(
        "the service was asked nothing: no test sent a request that it answered",
        f"The first failure: {first}" if first else "Check `--app` and `--tests`.",
    )


def require_use(run: Run, url: str | None, folder: Path) -> None:
    """Raise TargetError where the service opened other SQLite files than the one at `url`, which it was to use.

    Its figures would be taken for those of the rows that were made. `folder` is where a relative file is seen from.
    """
    given = DatabaseURL.parse(url) if url is not None else None
    files = {sample.file for sample in run.samples if sample.file}
    if given is None or given.system != "sqlite" or not files:
        return
    if given.file(folder).resolve() not in {Path(file).resolve() for file in files}:
        named = ", ".join(sorted({Path(file).name for file in files}))
        raise TargetError(
            f"the service did not open the copy of the database that was made for it, but files of its own: {named}",
            "Name the variable it reads the database's URL from: `database-env`. A file in the project's tree is found "
            "without one.",
        )


def locked_out(run: Run, app: str) -> tuple[Skipped, ...]:
    """That generated requests got past no login, where that is so of most routes they called, and what to write about it."""
    called: dict[str, bool] = {}
    for each in run.requests:
        if each.route:
            called[each.endpoint] = called.get(each.endpoint, True) and each.status in _LOCKED
    locked = sum(called.values())
    if 2 * locked <= len(called):
        return ()
    # An app that several modules hold may have been told by another of its names.
    likely = sorted(run.openapi, key=lambda each: each.app != app)
    own = next((each.document for each in likely), msgspec.Raw(b"{}"))
    reason = (
        f"{locked} of the {len(called)} routes that were called answered nothing but 401 or 403. Say in pyproject.toml, under "
        f"[tool.pitstop], how requests log in: {recipe(msgspec.json.decode(own, type=dict))}"
    )
    return (Skipped(stage="measure", subject="routes behind a login", reason=reason),)


def _refused(run: Run) -> list[str]:
    """The databases that were refused."""
    return list(dict.fromkeys(each.address for each in run.refused if each.what != _NETWORK))


def _failed(run: Run) -> list[TestOutcome]:
    return [test for test in run.tests if test.outcome in {"failed", "error"}]
