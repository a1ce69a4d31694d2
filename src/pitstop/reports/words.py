"""The words that formats share: whom a finding concerns, its figures, and what a whole report comes to."""

from __future__ import annotations

from collections import Counter

from pitstop.budgets import Limit, Spent
from pitstop.data import Finding, FixClass, Location, Report, Severity
from pitstop.promises import ContractComparison
from pitstop.reports.figures import count, counted, factor, number
from pitstop.reports.outcome import remaining
from pitstop.reviews import Review
from pitstop.verdicts import Changed, NotFaster, Proved, Unproven, Verdict

SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
OUTCOMES = ("proved", "changed", "not faster", "unproven")
FIX: dict[FixClass, str] = {
    "safe": "safe: pitstop makes it, and it keeps behaviour by construction",
    "proved": "proved: pitstop makes it, and keeps it only if a proof passes",
    "decide": "decide: there are options, a person chooses",
    "none": "none: advice only",
}
_TIMES = "\N{MULTIPLICATION SIGN}"


def outcome(verdict: Verdict) -> str:
    """The verdict in words."""
    match verdict:
        case Proved():
            return "proved"
        case Changed():
            return "changed"
        case NotFaster():
            return "not faster"
        case Unproven():
            return "unproven"


def step(location: Location) -> str:
    """`list_posts (blog/posts.py:21)`."""
    place = f"{location.path}:{location.line}"
    return f"{location.symbol} ({place})" if location.symbol else place


def routes_of(finding: Finding) -> list[str]:
    """The routes that a finding concerns, that of its evidence first."""
    return list(dict.fromkeys(route for route in (finding.route, *finding.routes) if route))


def concerned(finding: Finding) -> str:
    """`GET /posts, GET /feed and 2 more`."""
    routes = routes_of(finding)
    if len(routes) <= 3:
        return ", ".join(routes)
    return f"{', '.join(routes[:2])} and {len(routes) - 2} more"


def figures(values: dict[str, float]) -> str:
    """`51 statements, 31.2 ms database`, of figures by names with their unit."""
    return ", ".join(counted(number(value), _unit(name)) for name, value in values.items())


def _unit(name: str) -> str:
    words, _, unit = name.rpartition("_")
    return (
        f"{unit} {words.replace('_', ' ')}" if unit in {"ms", "ns", "s"} and words else name.replace("_", " ")
    )


def expected(finding: Finding) -> str:
    """`expected 7.0 to 14.0× better (source)`; empty where no range is known."""
    if finding.impact is None or finding.impact.expected is None:
        return ""
    low, high = finding.impact.expected
    if low == high:
        size = factor(low)
    else:
        size = f"up to {factor(high)}" if low <= 1 else f"{factor(low).rstrip(_TIMES)} to {factor(high)}"
    return f"expected {size} better" + (f" ({finding.impact.source})" if finding.impact.source else "")


def overspent(each: Spent) -> str:
    """`GET /orders sends 51 statements, and may send 5`."""
    took, may = number(each.measured), number(each.allowed)
    told: dict[Limit, str] = {
        "max_statements": f"sends {counted(took, 'statements')}, and may send {may}",
        "max_bytes": f"answers with {counted(took, 'bytes')}, and may with {may}",
        "max_blocked_ms": f"blocks the event loop for {took} ms, and may for {may}",
        "p95": f"answers 95 % of its requests within {took} ms, and may take {may}",
    }
    return f"{each.route} {told[each.limit]}"


def headline(report: Report) -> str:
    """What a report comes to, in one line; empty where it is about nothing that is found or judged."""
    words: list[str] = []
    if report.findings:
        severities = Counter(finding.severity for finding in report.findings)
        told = ", ".join(f"{severities[name]} {name}" for name in SEVERITIES if severities[name])
        words.append(f"{count(len(report.findings), 'finding')} ({told})")
    elif report.review is not None:
        words.append("Nothing brought")
    elif _was_looked_for(report):
        words.append("Nothing found")
    if report.review is not None:
        words += _review(report.review)
    if report.contract is not None and (report.contract.changes or report.review is None):
        words += _contract(report.contract)
    if over := sum(each.is_over for each in report.budgets):
        words.append(f"{over} of {count(len(report.budgets), 'budget')} exceeded")
    outcomes = Counter(outcome(verdict) for verdict in report.verdicts)
    words += [f"{outcomes[name]} {name}" for name in OUTCOMES if outcomes[name]]
    if report.verdicts and report.findings:
        words.append(f"{len(remaining(report))} left")
    if report.declined:
        words.append(f"{len(report.declined)} without a patch")
    if report.skipped:
        words.append(f"{len(report.skipped)} not looked at")
    if report.known is not None and report.known.left_out:
        words.append(f"{report.known.left_out} known ({report.known.file})")
    if report.known is not None and report.known.gone:
        words.append(f"{report.known.gone} known but gone: --prune-baseline")
    return " · ".join(words)


def _was_looked_for(report: Report) -> bool:
    """Whether that there are no findings says anything: a service that was found and not read has been looked at for other reasons."""
    was_read = report.project.files > 0 or not report.project.found
    return was_read and report.filled is None and report.contract is None and not report.verdicts


def _review(review: Review) -> list[str]:
    words = [count(len(review.questions), "question")] if review.questions else []
    words += [f"{len(review.decisions)} to decide"] if review.decisions else []
    looser = sum(each.is_looser for each in review.budgets)
    return [*words, f"{count(looser, 'budget')} looser"] if looser else words


def _contract(comparison: ContractComparison) -> list[str]:
    severities = Counter(change.severity for change in comparison.changes)
    told = {
        "breaking": f"{severities['breaking']} breaking",
        "warning": count(severities["warning"], "warning"),
    }
    words = [told[name] for name in ("breaking", "warning") if severities[name]]
    if severities["info"]:
        words.append(f"{severities['info']} that break nothing")
    return words or ["Nothing changed for clients"]
