"""Regression tests for repairs that are proved: written beside the tests that showed them, seen to fail without and to pass with them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

import msgspec

from pitstop.data import FileChange, Patch, RegressionTest
from pitstop.errors import PatchError, TargetError
from pitstop.patching.edits import diff
from pitstop.patching.files import read_text
from pitstop.patching.git import merge
from pitstop.patching.guards import COUNTERS, Watch, guard
from pitstop.patching.python import Source, line_length
from pitstop.proof.prover import Prover
from pitstop.target.model import Suite
from pitstop.traces.records import Run, TestOutcome
from pitstop.verdicts import Metric, Proved, Verdict

_TRIED = 5
"""Tests of a route that are looked at for one repair."""
_DRAFTS = 4
"""Regression tests that are tried for one repair."""
_COUNTED = re.compile(r"assert (\d+) <= 0\b|(\d+) not less than or equal to 0\b")
"""What pytest and unittest say of a limit of nothing."""
_NOTHING_COUNTS = "nothing that it improves can be counted by a test"


class Record(Protocol):
    """What is known of repairs."""

    patches: list[Patch]
    verdicts: list[Verdict]


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A regression test with the limit of nothing, so that it fails and says what it counted."""

    source: Source
    change: FileChange
    shown: str
    """The test that it calls."""
    node: str
    route: str
    watch: Watch

    @property
    def counts(self) -> str:
        """What it counts, in words."""
        is_loop = self.watch.metric == "blocked_ms"
        return f"calls of {self.watch.call} on the event loop" if is_loop else self.watch.metric


def guard_repairs(
    prover: Prover, record: Record, first: Run, suite: Suite, say: Callable[[str], None]
) -> None:
    """Give each proved repair a regression test, or say of it why it has none.

    `first` is the run of the service before any repair, `suite` the tests that it was asked by. Tests that stay are written into the
    prover's workspace, for the next ones may stand in the same file.
    """
    last = prover.baseline()
    proved = {verdict.patch: verdict for verdict in record.verdicts if isinstance(verdict, Proved)}
    for place, patch in enumerate(record.patches):
        if patch.id not in proved:
            continue
        say(patch.title)
        try:
            record.patches[place] = _guarded(prover, patch, proved[patch.id], first, last, suite)
        except (PatchError, TargetError) as error:
            record.patches[place] = msgspec.structs.replace(patch, no_test=error.message)


def _guarded(prover: Prover, patch: Patch, verdict: Proved, first: Run, last: Run, suite: Suite) -> Patch:
    """The repair with the first of the tests that shows it. Raises PatchError with the reasons where none does."""
    reasons: list[str] = []
    for draft in itertools.islice(_drafts(prover, patch, verdict, first, last, suite, reasons), _DRAFTS):
        try:
            return _seen(prover, patch, draft)
        except PatchError as error:
            reasons.append(error.message)
    raise PatchError("; ".join(dict.fromkeys(reasons)) or _NOTHING_COUNTS)


def _seen(prover: Prover, patch: Patch, draft: _Draft) -> Patch:
    """The repair with a test that was seen to fail without it and to pass with it. Raises PatchError where that was not seen."""
    after = _counted(_outcomes(prover, draft, [draft.change]))
    before = _counted(_outcomes(prover, draft, [draft.change], without=patch))
    if after is None or before is None or before <= after:
        raise PatchError(
            f"the test {draft.node} counts {_shown(before)} {draft.counts} without it and {_shown(after)} with it"
        )
    # Of bytes half of what was saved is left to the data of the test, which may grow.
    limit = (before + after) // 2 if draft.watch.metric == "bytes" else after
    change, _ = guard(draft.source, draft.shown, draft.watch, limit, _says(draft, before))
    ended = _outcomes(prover, draft, [change])
    if not ended or any(each.outcome != "passed" for each in ended):
        raise PatchError(f"the test {draft.node} counts {after} {draft.counts} one time and more the next")
    prover.workspace.write([change])
    changes = (*patch.changes, change)
    return msgspec.structs.replace(
        patch,
        changes=changes,
        diff=diff(changes),
        test=RegressionTest(name=draft.node, metric=draft.watch.metric, before=before, after=after),
    )


def _drafts(
    prover: Prover,
    patch: Patch,
    verdict: Proved,
    first: Run,
    last: Run,
    suite: Suite,
    reasons: list[str],
) -> Iterator[_Draft]:
    """For each figure that improved the test of the project's that shows it best, once more with a counter. `reasons` takes why others
    cannot be had."""
    root = prover.workspace.path
    folder = PurePosixPath(suite.config).parent if suite.config else PurePosixPath(suite.cwd)
    for watch, route in _improved(patch, verdict, first):
        for node in _tests(first, last, route, watch.metric):
            file, _, test = node.partition("::")
            path = str(folder / file)
            text = read_text(root / path)
            if text is None:
                reasons.append(f"there is no file {path}")
                continue
            source = Source(path, text, line_length(root))
            try:
                change, name = guard(source, test, watch, 0, "")
            except PatchError as error:
                reasons.append(error.message)
                continue
            yield _Draft(
                source=source, change=change, shown=test, node=f"{file}::{name}", route=route, watch=watch
            )
            break


def _says(draft: _Draft, before: int) -> str:
    if draft.watch.metric == "blocked_ms":
        return f"{draft.route} was mended: the event loop waited for {draft.watch.call} here."
    what = (
        f"was 1 {draft.watch.metric.removesuffix('s')}"
        if before == 1
        else f"were {before} {draft.watch.metric}"
    )
    return f"{draft.route} was mended: there {what} here."


def _improved(patch: Patch, verdict: Proved, first: Run) -> Iterator[tuple[Watch, str]]:
    """What got less of what a test can count, and for which route: what the patch aims at first."""
    found = [
        (Watch(change.metric), each.route)
        for each in verdict.routes
        for change in each.changes
        if (change.metric in COUNTERS or (change.metric == "bytes" and "bytes" in patch.aims))
        and change.after < change.before
    ]
    for each in verdict.routes:
        if any(change.metric == "clients" and change.after < change.before for change in each.changes):
            built = {client.name for e in first.exchanges if e.endpoint == each.route for client in e.clients}
            found += [(Watch("clients", f"{name}.__init__"), each.route) for name in sorted(built)]
    found += [(Watch("blocked_ms", call), route) for call in patch.waits for route in patch.routes]
    yield from sorted(found, key=lambda pair: pair[0].metric not in patch.aims)


def _tests(first: Run, last: Run, route: str, metric: Metric) -> list[str]:
    """The tests that asked the route, without their parameters: those in which the repairs saved it statements (of `bytes` these), most of
    them first; all, where none did."""
    saved: dict[str, int] = {}
    for run, sign in ((first, 1), (last, -1)):
        for each in run.exchanges:
            if each.test and each.endpoint == route:
                size = each.response_bytes if metric == "bytes" else len(each.statements)
                saved[each.test] = saved.get(each.test, 0) + sign * size
    passed = {test.id for test in last.tests if test.outcome == "passed"}
    telling = {test: count for test, count in saved.items() if count > 0} or saved
    ordered = sorted((test for test in telling if test in passed), key=lambda test: -saved[test])
    return list(dict.fromkeys(test.partition("[")[0] for test in ordered))[:_TRIED]


def _outcomes(
    prover: Prover, draft: _Draft, added: Sequence[FileChange], without: Patch | None = None
) -> list[TestOutcome]:
    """How the new test ends, with each of its parameters, in the tree as kept, or in one without the repair."""
    changes = [*added]
    if without is not None:
        changes += [_taken_out(prover.workspace.path, change) for change in without.changes]
    outcomes = prover.outcomes((draft.node,), changes)
    return [each for each in outcomes if each.id.partition("[")[0] == draft.node]


def _taken_out(root: Path, change: FileChange) -> FileChange:
    """A file without one repair and with all others. Raises PatchError where they touch the same lines."""
    present = read_text(root / change.path)
    if present is None or change.before is None or change.after is None:
        return FileChange(path=change.path, before=present, after=change.before)
    return FileChange(
        path=change.path, before=present, after=merge(present, change.after, change.before, change.path)
    )


def _counted(ended: Sequence[TestOutcome]) -> int | None:
    """What a test with the limit of nothing counted at most; None where it did not run, or failed for another reason."""
    counts = [0 if each.outcome == "passed" else _told(each.message) for each in ended]
    return max((each for each in counts if each is not None), default=None) if None not in counts else None


def _told(message: str) -> int | None:
    found = _COUNTED.search(message)
    return int(found[1] or found[2]) if found else None


def _shown(count: int | None) -> str:
    return "nothing known of" if count is None else str(count)
