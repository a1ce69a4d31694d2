"""The WebSocket routes of a run, apart from those that answer requests."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import ConnectionSummary
from pitstop.reports.figures import number
from pitstop.reports.layout import columns_of_figures, heading, plain

_COLUMNS = (
    "opened",
    "refused",
    "errors",
    "open s",
    "in",
    "out",
    "bytes in",
    "bytes out",
    "statements",
    "rows",
    "db ms",
    "blocked ms",
    "close codes",
)
_NARROW = ("opened", "in", "out", "statements", "blocked ms")


def table(report: Report, *, wide: bool) -> list[RenderableType]:
    """The figures of each WebSocket route; nothing where none was asked for, or beside proofs."""
    if not report.connections or report.verdicts:
        return []
    columns = _COLUMNS if wide else _NARROW
    grid = columns_of_figures()
    grid.add_column("route", overflow="fold")
    for name in columns:
        grid.add_column(name, justify="right", overflow="fold")
    for route in report.connections:
        cells = dict(zip(_COLUMNS, _cells(route), strict=True))
        grid.add_row(plain(route.route.removeprefix("WEBSOCKET ")), *(cells[name] for name in columns))
    said = "How long one is open is its client's affair, and no response time; in and out are messages."
    return [heading("WebSocket connections; means per connection"), grid, Text(said, style="dim")]


def _cells(route: ConnectionSummary) -> list[str]:
    figures = (
        route.open_s,
        route.messages_in,
        route.messages_out,
        route.bytes_in,
        route.bytes_out,
        route.statements,
        route.rows,
        route.database_ms,
        route.blocked_ms,
    )
    codes = (
        f"{code} ×{times}" if times > 1 else str(code) for code, times in sorted(route.close_codes.items())
    )
    return [
        f"{route.connections - route.refused:,}",
        f"{route.refused:,}",
        f"{route.errors:,}",
        *(number(figure) for figure in figures),
        ", ".join(codes),
    ]
