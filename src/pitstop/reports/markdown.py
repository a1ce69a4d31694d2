"""The report as a review comment in Markdown, as GitHub and GitLab set it.

It begins with `MARK`, an HTML comment that nobody sees: a job that finds it in a comment of its own edits that one, instead of
writing another. It stays below the 65,536 characters that GitHub takes; what does not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitstop.data import Patch, Report
from pitstop.reports.annotations import Annotation, annotate
from pitstop.reports.figures import counter, differs, gain, speed
from pitstop.reports.layout import clean
from pitstop.reports.words import concerned, headline, outcome
from pitstop.verdicts import Change, Proved, RouteProof, Verdict

MARK = "<!-- pitstop -->"
LONGEST = 60_000
_SPECIAL = re.compile(r"([\\*_~\[\]#|>`])")


def render(report: Report) -> str:
    """The comment: what it comes to, what was gained, what is wrong with its evidence, what was not looked at."""
    parts = [f"{MARK}\n### pitstop: {_prose(headline(report) or 'nothing to say')}\n"]
    room = LONGEST - len(parts[0])
    left = 0
    for part in _parts(report):
        if len(part) > room:
            left += 1
            continue
        room -= len(part)
        parts.append(part)
    if left:
        parts.append(f"{left} more did not fit: `--format html` or `--format json` has all.\n")
    if report.next:
        parts.append(f"Next:\n```\n{_folded(report.next)}\n```\n")
    return "\n".join(parts)


def _parts(report: Report) -> Iterator[str]:
    if report.verdicts:
        yield _gained(report)
    proved = {verdict.patch for verdict in report.verdicts if isinstance(verdict, Proved)}
    remarks = annotate(report)
    for each in remarks:
        if each.rule != "not-looked-at":
            yield _remark(each)
    for patch in report.patches:
        if patch.id in proved and patch.finding:
            yield _mended(patch)
    unseen = [each for each in remarks if each.rule == "not-looked-at"]
    if unseen:
        yield "**Not looked at**\n\n" + "".join(f"- {_prose(each.message)}\n" for each in unseen)


def _gained(report: Report) -> str:
    rows = ["| change | route | before → after | interval | verdict |", "|---|---|---|---|---|"]
    for verdict in report.verdicts:
        rows += _rows(verdict)
    return "\n".join(rows) + "\n"


def _rows(verdict: Verdict) -> Iterator[str]:
    told = [(route, _clear(route)) for route in verdict.routes]
    shown = [(route, changes) for route, changes in told if changes]
    if not shown:
        yield _row(_cell(_prose(verdict.title)), "", "", "", outcome(verdict))
    for number, (route, changes) in enumerate(shown):
        time = next((each for each in changes if each.interval is not None), None)
        figures_of = ", ".join(_figure(each) for each in changes)
        title, word = (_cell(_prose(verdict.title)), outcome(verdict)) if not number else ("", "")
        yield _row(title, _cell(_code(route.route)), figures_of, gain(time.interval) if time else "", word)


def _clear(route: RouteProof) -> list[Change]:
    return [
        each
        for each in route.changes
        if (differs(each) if each.interval is None else not each.interval.low <= 1 <= each.interval.high)
    ]


def _figure(change: Change) -> str:
    if change.interval is not None:
        return speed(change.before, change.after, change.interval, change.unit or "ms")
    return counter(change)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _remark(each: Annotation) -> str:
    place = f"{_code(f'{each.location.path}:{each.location.line}')} " if each.location is not None else ""
    title = f"**{_word(each)}** {place}{_prose(each.message)}"
    inside = "".join(f"- {_prose(line)}\n" for line in each.details)
    routes = _html(_folded(concerned(each.finding))) if each.finding is not None else ""
    told = " · ".join(filter(None, [each.rule, routes, each.fingerprint]))
    summary = f"<sub>{told}</sub>"
    return f"{title}\n<details><summary>{summary}</summary>\n\n{inside}\n</details>\n"


def _word(each: Annotation) -> str:
    return each.finding.severity if each.finding is not None else each.rule


def _mended(patch: Patch) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", patch.diff)), default=0))
    return (
        f"<details><summary>{_html(_folded(patch.title))} <sub>{patch.problem} · proved</sub></summary>\n\n"
        f"{fence}diff\n{clean(patch.diff).rstrip()}\n{fence}\n\n{_prose(patch.risk)}\n</details>\n"
    )


def _prose(text: str) -> str:
    """Text that Markdown leaves as it is: what stands between backticks stays code, and nobody is mentioned."""
    line = _folded(text)
    pieces = line.split("`")
    if len(pieces) % 2 == 0:
        return _plain(line)
    return "".join(_code(piece) if number % 2 else _plain(piece) for number, piece in enumerate(pieces))


def _folded(text: str) -> str:
    return " ".join(clean(text).split())


def _plain(text: str) -> str:
    return _html(_SPECIAL.sub(r"\\\1", text))


def _html(text: str) -> str:
    """Text where Markdown means nothing: in a line that begins with a tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")


def _code(text: str) -> str:
    return f"`{text}`" if text.strip() and "`" not in text else _plain(text)


def _cell(text: str) -> str:
    """Markdown that stays within its cell: a bar ends one even between backticks."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)
