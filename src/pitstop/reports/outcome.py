"""What a report comes to: what is left to do, and whether all is well."""

from __future__ import annotations

from pitstop.data import Finding, Report
from pitstop.verdicts import Proved

_READING = frozenset({"read", "inspect"})
"""Stages of which nothing hangs on what requests cost."""


def remaining(report: Report) -> tuple[Finding, ...]:
    """The findings without a proved repair, in the order of the report."""
    proved = {verdict.finding for verdict in report.verdicts if isinstance(verdict, Proved)}
    return tuple(finding for finding in report.findings if finding.id not in proved)


def is_green(report: Report) -> bool:
    """Whether everything was looked at, nothing is left, no proof failed, and no change of a contract breaks clients.

    What could not be read or measured is never green, nor is a finding that only was not shown to be harmless.
    """
    failed = any(not isinstance(verdict, Proved) for verdict in report.verdicts)
    breaks = report.contract is not None and any(c.severity == "breaking" for c in report.contract.changes)
    over = any(each.is_over for each in report.budgets)
    looser = report.review is not None and any(each.is_looser for each in report.review.budgets)
    return not (remaining(report) or report.skipped or failed or breaks or over or looser)


def is_within(report: Report) -> bool:
    """Whether all budgets are kept, and each could be measured."""
    unseen = any(each.stage not in _READING for each in report.skipped)
    return not unseen and not any(each.is_over for each in report.budgets)
