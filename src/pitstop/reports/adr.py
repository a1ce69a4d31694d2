"""A draft of an architecture decision record for what a change asks a person to decide, in the form that Michael Nygard gave them."""

from __future__ import annotations

from pitstop.data import Report


def draft(report: Report) -> str:
    """The draft in Markdown; what pitstop cannot know is left as a question. Empty where there is nothing to decide."""
    review = report.review
    if review is None or not (review.decisions or review.questions):
        return ""
    lines = [
        "# (what is decided, in one sentence)",
        "",
        "Status: proposed",
        "",
        "## Context",
        "",
        f"A change of {review.files} files from {review.base} to {review.head}:",
        "",
        *(f"- {each.kind}: {each.text}{_at(each.path, each.line)}" for each in review.decisions),
        *(f"- {each.text}{_at(each.path, each.line)}" for each in review.questions),
        "",
        "Why is it needed, and what else was considered?",
        "",
        "## Decision",
        "",
        "(We will ...)",
        "",
        "## Consequences",
        "",
        "What becomes easier, what harder, and for whom? How is it taken back?",
    ]
    return "\n".join(lines) + "\n"


def _at(path: str, line: int) -> str:
    return f" (`{path}:{line}`)" if path else ""
