"""What a report has to say of places in the code, one remark each: what formats for machines and build servers are made of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pitstop.data import Evidence, Finding, Location, Patch, Report, Severity, TraceEvidence
from pitstop.reports.figures import count
from pitstop.reports.outcome import remaining
from pitstop.reports.words import FIX, concerned, expected, figures, outcome, overspent, step
from pitstop.verdicts import Changed, Difference, Proved, Verdict

Level = Literal["error", "warning", "note"]
_LEVELS: dict[Severity, Level] = {"high": "error", "medium": "warning", "low": "note"}
_HUNK = re.compile(r"^\+\+\+ b/(?P<path>[^\t\n]+)|^@@ -\S+ \+(?P<line>\d+)", re.MULTILINE)
_DIFFERENCES = 5


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One remark. `rule` is the problem's name, `budget`, `proof`, `contract` or `not-looked-at`; `details` are lines of plain text.

    `fingerprint` is the same on each run as long as the remark is: that of a finding is its id. Without a `location` it is about
    no place in the code.
    """

    level: Level
    rule: str
    fingerprint: str
    message: str
    details: tuple[str, ...] = ()
    location: Location | None = None
    finding: Finding | None = None


def annotate(report: Report) -> tuple[Annotation, ...]:
    """What keeps a report from being green, the worst first, and what it says besides: findings without a proved repair, what a
    judged change did, what breaks clients, and what was not looked at."""
    found = [
        *(_of_finding(finding) for finding in remaining(report)),
        *_of_budgets(report),
        *_of_review(report),
        *_of_verdicts(report),
        *_of_contract(report),
        *_of_skipped(report),
    ]
    return tuple(sorted(found, key=lambda each: ("error", "warning", "note").index(each.level)))


def _of_finding(finding: Finding) -> Annotation:
    details = []
    if routes := concerned(finding):
        details.append(f"Routes: {routes}")
    if finding.call_path:
        details.append("Path: " + " → ".join(step(each) for each in finding.call_path))
    details += [_seen(each) for each in finding.evidence]
    if finding.impact is not None:
        details += [f"Impact: {finding.impact.text}", expected(finding)]
    details.append(f"Fix: {FIX[finding.fix.fix_class]}")
    details.append(f"More: pitstop explain {finding.problem}")
    return Annotation(
        level=_LEVELS[finding.severity],
        rule=finding.problem,
        fingerprint=finding.id,
        message=finding.message,
        details=tuple(line for line in details if line),
        location=finding.location,
        finding=finding,
    )


def _of_budgets(report: Report) -> Iterator[Annotation]:
    for each in report.budgets:
        if each.is_over:
            yield Annotation(
                level="error",
                rule="budget",
                fingerprint=_fingerprint("budget", each.route, each.limit),
                message=overspent(each),
                details=tuple(
                    line
                    for line in (
                        f"Budget: {each.budget} {each.limit}",
                        f"Test: {each.test}" if each.test else "",
                    )
                    if line
                ),
                location=Location(path=each.path, line=each.line) if each.path else None,
            )


def _of_review(report: Report) -> Iterator[Annotation]:
    if report.review is None:
        return
    for question in report.review.questions:
        yield Annotation(
            level="warning",
            rule="question",
            fingerprint=_fingerprint("question", question.route, question.text),
            message=question.text,
            location=Location(path=question.path, line=question.line),
        )
    for decision in report.review.decisions:
        yield Annotation(
            level="note",
            rule="decision",
            fingerprint=_fingerprint("decision", decision.kind, decision.text),
            message=f"{decision.kind}: {decision.text}",
            location=Location(path=decision.path, line=decision.line) if decision.path else None,
        )
    for budget in report.review.budgets:
        if budget.is_looser:
            after = "none" if budget.after is None else f"{budget.after:g}"
            yield Annotation(
                level="error",
                rule="budget",
                fingerprint=_fingerprint("looser", budget.budget, budget.limit),
                message=f"the budget of {budget.budget} allows more: {budget.limit} {budget.before:g} → {after}",
            )


def _seen(evidence: Evidence) -> str:
    if not isinstance(evidence, TraceEvidence):
        return f"Read: {evidence.text}"
    told = figures(evidence.figures)
    return f"Measured: {evidence.text}" + (f" ({told})" if told else "")


def _of_verdicts(report: Report) -> Iterator[Annotation]:
    """Verdicts on somebody's own change. A repair of pitstop's that did not pass is no fault of the code."""
    patches = {patch.id: patch for patch in report.patches}
    for verdict in report.verdicts:
        if verdict.finding or isinstance(verdict, Proved):
            continue
        yield Annotation(
            # What could not be judged must not pass for what was.
            level="warning" if outcome(verdict) == "not faster" else "error",
            rule="proof",
            fingerprint=_fingerprint("proof", verdict.title, outcome(verdict)),
            message=f"{verdict.title}: {outcome(verdict)}, {verdict.reason}",
            details=tuple(_differences(verdict)),
            location=_place(patches.get(verdict.patch)),
        )


def _differences(verdict: Verdict) -> Iterator[str]:
    if isinstance(verdict, Changed):
        for each in verdict.differences[:_DIFFERENCES]:
            yield _difference(each)
        if len(verdict.differences) > _DIFFERENCES:
            yield f"and {count(len(verdict.differences) - _DIFFERENCES, 'more difference')}"
    again = next((each.again for each in verdict.differences if each.again), "")
    if again:
        yield f"Again: {again}"


def _difference(each: Difference) -> str:
    if each.change is not None:
        return f"{each.where}: {each.change.text} ({each.change.severity}: {each.change.rule})"
    return f"{each.kind} {each.where}: {each.before} → {each.after}"


def _place(patch: Patch | None) -> Location | None:
    """Where a change begins."""
    path = ""
    for found in _HUNK.finditer(patch.diff if patch is not None else ""):
        path = found["path"] or path
        if path and found["line"]:
            return Location(path=path, line=max(1, int(found["line"])))
    return None


def _of_contract(report: Report) -> Iterator[Annotation]:
    for change in report.contract.changes if report.contract is not None else ():
        if change.severity == "info":
            continue
        shown = f"{change.before} → {change.after}" if change.before or change.after else ""
        yield Annotation(
            level="error" if change.severity == "breaking" else "warning",
            rule="contract",
            fingerprint=_fingerprint(change.rule, change.operation, change.place, change.model, shown),
            message=f"{change.operation}: {change.text}" if change.operation else change.text,
            details=tuple(
                line for line in (f"Rule: {change.rule}", f"At: {change.place}", shown) if line.strip()
            ),
        )


def _of_skipped(report: Report) -> Iterator[Annotation]:
    for skipped in report.skipped:
        yield Annotation(
            level="warning",
            rule="not-looked-at",
            fingerprint=_fingerprint(skipped.stage, skipped.subject),
            message=f"{skipped.stage}: {skipped.subject}: {skipped.reason}",
        )


def _fingerprint(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()
