"""A complaint with its plan, what was seen of it, and what is asked back."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.reports.layout import entries, heading, plain

_SEEN = {"yes": "bold red", "no": "green", "unknown": "yellow"}
_ROUTES = 5


def parts(report: Report) -> list[RenderableType]:
    """The plan and the answers; nothing where nobody complained."""
    told = report.diagnosis
    if told is None:
        return []
    routes = ", ".join(told.routes[:_ROUTES]) or "all, for none was recognised"
    more = f" and {len(told.routes) - _ROUTES} more" if len(told.routes) > _ROUTES else ""
    plan: list[tuple[str, Text | str]] = [
        ("about", routes + more),
        ("said", ", ".join(told.symptoms)),
        ("solved if", told.criterion),
        *_labelled("kept", told.constraints),
        *_labelled("not now", told.non_goals),
        *_labelled("measured", told.measured),
    ]
    found: list[RenderableType] = [heading("Plan"), entries(plan, label_width=10), heading("Answers")]
    for answer in told.answers:
        word = {"yes": "seen", "no": "not seen", "unknown": "open"}[answer.seen]
        found.append(
            entries(
                [
                    (
                        answer.symptom,
                        Text.assemble(Text(f"{word}: ", style=_SEEN[answer.seen]), plain(answer.because)),
                    )
                ],
                label_width=10,
            )
        )
        known = {finding.id: finding for finding in report.findings}
        lines = [known[each] for each in answer.findings if each in known]
        found += [
            entries(
                [("", f"{each.location.path}:{each.location.line} {each.problem} {each.id}")], label_width=10
            )
            for each in lines[:_ROUTES]
        ]
    if told.questions:
        found += [heading("Questions to who complains")]
        found += [
            entries([(f"{number}.", text)], label_width=10) for number, text in enumerate(told.questions, 1)
        ]
    return found


def _labelled(label: str, lines: tuple[str, ...]) -> list[tuple[str, Text | str]]:
    return [(label if not number else "", line) for number, line in enumerate(lines)]
