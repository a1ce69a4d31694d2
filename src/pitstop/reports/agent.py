"""The report for coding agents: the facts in few tokens, one line each, the worst first, and the command for what comes next.

At most `LONGEST` characters, about 2,000 tokens; what does not fit is counted by problem, and `--format json` has all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pitstop.data import Finding, Report, TraceEvidence
from pitstop.reports.annotations import annotate
from pitstop.reports.figures import TIMES, counter, differs, speed
from pitstop.reports.layout import clean, shorten
from pitstop.reports.outcome import remaining
from pitstop.reports.words import concerned, figures, headline, outcome
from pitstop.verdicts import Change, Proved, Verdict

LONGEST = 7_000
_LINE = 400
_OTHERS = 8


def render(report: Report) -> str:
    """A line for the whole, one for each judged change and remark, and the next command."""
    who = f"{report.tool.name} {report.tool.version} {report.project.app}".rstrip()
    head = [f"{who}: {headline(report)}"]
    tail = [f"next: {' '.join(clean(report.next).split())}"] if report.next else []
    findings = remaining(report)
    if findings:
        tail.insert(0, "more: pitstop explain NAME, --select NAME, --format json")
    lines = [*map(_judged, report.verdicts), *_others(report)]
    shown = [*head, *_fitting(lines, LONGEST // 2)]
    rest = [_finding(each) for each in findings]
    room = LONGEST - sum(len(line) + 1 for line in [*shown, *tail]) - _LINE
    kept = _fitting(rest, room)
    if kept:
        shown.append("severity problem id place owner | what | routes | measured | fix")
    shown += kept
    if missing := findings[len(kept) :]:
        told = Counter(each.problem for each in missing).most_common(_OTHERS)
        shown.append(f"and {len(missing)} more: " + ", ".join(f"{name} {n}" for name, n in told))
    return "".join(line + "\n" for line in [*shown, *tail])


def _fitting(lines: list[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept


def _finding(finding: Finding) -> str:
    module = finding.location.path.removesuffix(".py").replace("/", ".") + "."
    owner = finding.location.symbol.removeprefix(module)
    place = f"{finding.location.path}:{finding.location.line} {owner}".rstrip()
    seen = next((each for each in finding.evidence if isinstance(each, TraceEvidence) and each.figures), None)
    parts = [
        f"{finding.severity} {finding.problem} {finding.id} {place}",
        finding.message,
        concerned(finding),
        figures(seen.figures) if seen is not None else "",
        finding.fix.fix_class + "".join(f" {option.name}" for option in finding.fix.options),
    ]
    return _line(" | ".join(parts))


def _judged(verdict: Verdict) -> str:
    gained = [
        f"{route.route} {told}"
        for route in verdict.routes
        if (told := ", ".join(_told(each) for each in route.changes if _is_clear(each)))
    ]
    more = f" and {len(gained) - 2} more routes" if len(gained) > 2 else ""
    parts = [f"{outcome(verdict)} {verdict.patch} {verdict.problem}: {verdict.title}"]
    parts += [verdict.reason] if not isinstance(verdict, Proved) else []
    parts += ["; ".join(gained[:2]) + more] if gained else []
    return _line(" | ".join(parts))


def _is_clear(change: Change) -> bool:
    if change.interval is None:
        return differs(change)
    return not change.interval.low <= 1 <= change.interval.high


def _told(change: Change) -> str:
    if change.metric in TIMES:
        return f"{change.metric} {speed(change.before, change.after, change.interval, change.unit or 'ms')}"
    return counter(change)


def _others(report: Report) -> Iterator[str]:
    for each in annotate(report):
        if each.finding is None:
            yield _line(f"{each.level} {each.rule} | " + " | ".join([each.message, *each.details]))


def _line(text: str) -> str:
    return shorten(clean(text), _LINE)
