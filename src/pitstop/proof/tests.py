"""The project's tests, before and after: what passed must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from pitstop.traces.records import Run, TestOutcome
from pitstop.verdicts import Difference

_BAD = frozenset({"failed", "error"})
_MESSAGE = 300
_NAMED = 2
"""Flaky tests that are told by name."""
_ADDED = ("[SQL: ", "[parameters: ", "(Background on this error at: ")
"""How lines begin that SQLAlchemy puts below what the database said."""


class TestComparison(msgspec.Struct, frozen=True, kw_only=True):
    """How the suite ended after the patch, in words, and what did not end as before.

    `flaky` are tests that end now this way and now that without any patch; they are not compared. `unsure` are those that did so with
    the patch, far from it, and were not seen to without.
    """

    __test__ = False
    summary: str
    differences: tuple[Difference, ...] = ()
    flaky: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def _worst(outcomes: Iterable[TestOutcome]) -> dict[str, TestOutcome]:
    """One outcome a test: a test that failed in any phase, or any of several runs, failed."""
    found: dict[str, TestOutcome] = {}
    for each in outcomes:
        if each.id not in found or (each.outcome in _BAD and found[each.id].outcome not in _BAD):
            found[each.id] = each
    return found


def flaky_tests(runs: Sequence[Run]) -> frozenset[str]:
    """The tests that do not end alike in all runs of one version of the app."""
    ends = [{name: _group(each) for name, each in _worst(run.tests).items()} for run in runs]
    return frozenset(name for end in ends for name in end if len({each.get(name) for each in ends}) > 1)


def compare(
    before: Run, again: Run | frozenset[str], after: Run, unsure: frozenset[str] = frozenset()
) -> TestComparison:
    """Compare how tests ended. One that failed before may fail or pass; a new one may pass.

    `again` is a second run of the unchanged app, or the tests known to be flaky. Those that are `unsure` are not compared either.
    """
    old, new = _worst(before.tests), _worst(after.tests)
    flaky = again if isinstance(again, frozenset) else flaky_tests((before, again))
    found: list[Difference] = []
    mended: list[str] = []
    for name, outcome in old.items():
        if name in flaky or name in unsure:
            continue
        now = new.get(name)
        was, is_now = _group(outcome), _group(now) if now else "did not run"
        if was == is_now:
            continue
        if is_now == "passed":
            mended.append(name)
        elif was != "failed" or now is None:
            told = f"{is_now}: {_last_line(now.message)}" if now and now.message else is_now
            found.append(Difference(kind="test", where=name, before=was, after=told, test=name))
    found += [
        Difference(
            kind="test", where=name, before="did not run", after=_last_line(new[name].message), test=name
        )
        for name in sorted(new.keys() - old.keys() - flaky - unsure)
        if _group(new[name]) == "failed"
    ]
    return TestComparison(
        summary=_summary(old, new, flaky, mended),
        differences=tuple(found),
        flaky=tuple(sorted(flaky)),
        mended=tuple(mended),
        unsure=tuple(sorted(unsure)),
    )


def _group(outcome: TestOutcome) -> str:
    return "failed" if outcome.outcome in _BAD else outcome.outcome


def _last_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(_ADDED)] or lines
    return lines[-1][:_MESSAGE] if lines else "failed"


def _summary(
    old: dict[str, TestOutcome], new: dict[str, TestOutcome], flaky: frozenset[str], mended: Sequence[str]
) -> str:
    if not old and not new:
        return ""
    counts = Counter(_group(each) for each in new.values())
    as_before = sum(
        1
        for name, each in new.items()
        if _group(each) == "failed" and name in old and _group(old[name]) == "failed"
    )
    parts = [f"{counts['passed']} passed"]
    if counts["failed"]:
        others = f"{as_before} of them without the patch too"
        alike = "as before" if as_before == counts["failed"] else others if as_before else ""
        parts.append(f"{counts['failed']} failed" + (f" ({alike})" if alike else ""))
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped")
    if mended:
        parts.append(f"{len(mended)} that did not pass before")
    if flaky:
        named = sorted(flaky)[:_NAMED]
        more = f" and {len(flaky) - _NAMED} more" if len(flaky) > _NAMED else ""
        parts.append(f"{len(flaky)} flaky without the patch and not compared: {', '.join(named)}{more}")
    return ", ".join(parts)
