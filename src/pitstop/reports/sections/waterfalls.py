"""The slowest requests, step by step."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import Waterfall, WaterfallStep
from pitstop.reports.figures import count, number
from pitstop.reports.layout import heading, plain

_BAR = 24
"""Columns in which a request's time is drawn."""
_SHARE = 0.02
"""A share of the request below which a step is not drawn."""
_COLORS = {
    "database": "yellow",
    "redis": "red",
    "mongodb": "red",
    "qdrant": "red",
    "outbound HTTP": "magenta",
    "handler": "cyan",
    "dependency": "green",
    "middleware": "blue",
}


def parts(report: Report, *, wide: bool) -> list[RenderableType]:
    """A drawing of each slow request; nothing where none is known."""
    if not report.slowest or report.verdicts:
        return []
    told: list[RenderableType] = [heading("The slowest requests")]
    for request in report.slowest:
        told += _request(request, wide=wide)
    return told


def _request(request: Waterfall, *, wide: bool) -> list[RenderableType]:
    title = Text.assemble(
        "\n  ",
        plain(request.route, "bold"),
        f"  {number(request.ms)} ms, status {request.status}",
        plain(f"  {request.test}" if request.test else "", "dim"),
    )
    shown = [step for step in request.steps if step.ms >= _SHARE * request.ms]
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold" if wide else "ellipsis", no_wrap=not wide)
    for step in shown:
        times = f" ×{step.times}" if step.times > 1 else ""
        where = f"  {step.path}:{step.line}" if step.path else ""
        grid.add_row(
            _bar(step, request.ms),
            f"{number(step.ms)} ms",
            Text.assemble(plain(step.name + times + _after(step, request.ms)), plain(where, "dim")),
        )
    left = [step for step in request.steps if step not in shown]
    number_left = request.shorter + sum(step.times for step in left)
    if not number_left:
        return [title, grid]
    together = number(request.shorter_ms + sum(step.ms for step in left))
    return [title, grid, plain(f"  {count(number_left, 'shorter step')}, {together} ms together", "dim")]


def _after(step: WaterfallStep, whole: float) -> str:
    """That a step outlasts its request, where that is worth a word; of one that began after the answer it is plain."""
    if step.start_ms >= whole or step.after_ms < _SHARE * whole:
        return ""
    return f", goes on for {number(step.after_ms)} ms after the answer"


def _bar(step: WaterfallStep, whole: float) -> Text:
    """Where in the request a step lies."""
    scale = _BAR / max(whole, step.start_ms + step.ms)
    start = min(int(step.start_ms * scale), _BAR - 1)
    length = max(1, min(round(step.ms * scale), _BAR - start))
    return Text.assemble(
        "  ", " " * start, plain("━" * length, _COLORS.get(step.kind, "")), " " * (_BAR - start - length)
    )
