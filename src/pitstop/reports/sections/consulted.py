"""What a language model was asked for repairs, and what was sent to it."""

from __future__ import annotations

from rich.console import RenderableType

from pitstop.consulted import Consulted
from pitstop.reports.figures import count
from pitstop.reports.layout import entries, heading

_FILES = 8


def parts(told: Consulted | None) -> list[RenderableType]:
    """Who was asked, how often, and what was sent; nothing where nobody was."""
    if told is None:
        return []
    asked = f"about {count(told.findings, 'finding')}" if told.findings else "nothing"
    if told.kept_answers:
        asked += f"; {count(told.kept_answers, 'answer')} kept from before"
    tokens = f"{told.input_tokens:,} asked, {told.output_tokens:,} answered" if told.findings else ""
    files = ", ".join(told.files[:_FILES]) + (
        f" and {len(told.files) - _FILES} more" if len(told.files) > _FILES else ""
    )
    left_out = f", without {count(told.left_out, 'text')} that looked like secrets" if told.left_out else ""
    where = told.where + (f" ({', '.join(told.hosts)})" if told.hosts else "")
    rows = [
        ("model", f"{told.model}, {where}"),
        ("asked", asked),
        ("tokens", tokens),
        ("sent", f"code of {files}{left_out}" if files else ""),
        ("kept in", told.folder if files else ""),
    ]
    return [heading("Asked a language model"), entries(rows)]
