"""What a change brings beside findings: what is gone, what its author is asked, and what a person has to decide."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.reports.figures import count, number
from pitstop.reports.layout import clean, entries, heading, plain
from pitstop.reviews import BudgetChange

_SHOWN = 12


def parts(report: Report) -> list[RenderableType]:
    """The parts of a review; nothing where there was none."""
    review = report.review
    if review is None:
        return []
    told: list[RenderableType] = [
        heading(clean(f"Review: {count(review.files, 'file')} from {review.base} to {review.head}"))
    ]
    if review.gone:
        told.append(
            entries([("gone", ", ".join(f"{amount} {name}" for name, amount in review.gone.items()))])
        )
    if review.questions:
        told.append(heading("Questions to who wrote it"))
        told += [
            entries([("at", _place(each.path, each.line)), ("", each.text)]) for each in review.questions
        ]
    if review.decisions:
        told.append(heading("For a person to decide"))
        told += [
            entries([(each.kind.split()[0], each.text), ("", _place(each.path, each.line))])
            for each in review.decisions[:_SHOWN]
        ]
        if len(review.decisions) > _SHOWN:
            told.append(Text(f"  … {len(review.decisions) - _SHOWN} more in --format json", style="dim"))
    if review.budgets:
        told += [heading("Budgets"), entries([("changed", _budget(each)) for each in review.budgets])]
    checks = [each for each in report.checks if each.list == "before merging"]
    if checks:
        told.append(heading("Before merging"))
        told += [entries([(each.answer, each.question), ("", plain(each.because, "dim"))]) for each in checks]
    if review.follow_ups:
        told += [heading("What to do next"), entries([("", plain(each)) for each in review.follow_ups])]
    return told


def _place(path: str, line: int) -> Text:
    return plain(f"{path}:{line}" if path else "", "cyan")


def _budget(each: BudgetChange) -> str:
    old, new = ("none" if value is None else number(value) for value in (each.before, each.after))
    return f"{each.budget} {each.limit}: {old} → {new}" + (", looser" if each.is_looser else "")
