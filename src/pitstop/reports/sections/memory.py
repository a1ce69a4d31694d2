"""What the routes of a run allocate, where it was asked for."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import RouteMemory
from pitstop.reports.figures import number
from pitstop.reports.layout import columns_of_figures, heading, plain

_MEBIBYTE = 1 << 20
_SLOWED = (
    "Tracing memory makes what allocates up to fifty times slower: the times of this run say nothing, and it is not kept "
    "for --compare. Only requests that ran alone can be told; what a test's own client allocates meanwhile is in it."
)


def table(report: Report) -> list[RenderableType]:
    """The highest peak of each route, and what became of the times; nothing where memory was not measured."""
    if report.memory is None:
        return []
    grid = columns_of_figures()
    grid.add_column("route", overflow="fold")
    for name in ("requests", "peak MiB"):
        grid.add_column(name, justify="right", overflow="fold")
    grid.add_column("most of it at", overflow="fold")
    for route in report.memory:
        times = (
            f"{route.requests:,}"
            if route.alone == route.requests
            else f"{route.alone:,} of {route.requests:,}"
        )
        grid.add_row(plain(route.route), times, number(route.peak_bytes / _MEBIBYTE), plain(_where(route)))
    title = heading("Memory; the most that one request had allocated at once")
    return [title, *([grid] if report.memory else []), Text(_SLOWED, style="dim")]


def _where(route: RouteMemory) -> str:
    return f"{route.path}:{route.line} ({number(route.line_bytes / _MEBIBYTE)} MiB)" if route.path else ""
