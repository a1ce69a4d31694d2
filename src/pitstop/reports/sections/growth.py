"""What grows with the data: figures of the same requests with a tenth of it."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import RouteSummary
from pitstop.reports.figures import count, number
from pitstop.reports.layout import columns_of_figures, heading, plain

_COUNTED: dict[str, Callable[[RouteSummary], float]] = {
    "statements": lambda route: route.statements,
    "rows": lambda route: route.rows,
    "bytes": lambda route: route.bytes,
}
_TIMED: dict[str, Callable[[RouteSummary], float]] = {
    "db ms": lambda route: route.database_ms,
    "p50 ms": lambda route: route.p50_ms,
}
_GROWN = 1.5
_LEAST = 1.0


def parts(report: Report) -> list[RenderableType]:
    """The routes whose counts grew; nothing where only one size was measured."""
    growth = report.growth
    if growth is None:
        return []
    before = {route.route: route for route in growth.routes}
    both = [(before[route.route], route) for route in growth.larger if route.route in before]
    grown = [pair for pair in both if any(_grew(of(pair[0]), of(pair[1])) for of in _COUNTED.values())]
    told: list[RenderableType] = [
        heading(
            f"What grows with the data; {growth.small:,} → {growth.large:,} rows a table, means per request"
        )
    ]
    if grown:
        told.append(_table(grown))
    told.append(Text(f"{count(len(both) - len(grown), 'route')} with about the same counts", style="dim"))
    if growth.otherwise:
        requests = count(growth.otherwise, "request")
        told.append(
            Text(f"{requests} answered with another status than with fewer rows: not compared", style="dim")
        )
    return told


def _grew(before: float, now: float) -> bool:
    return now - before > _LEAST and now > _GROWN * before


def _table(grown: list[tuple[RouteSummary, RouteSummary]]) -> Table:
    grid = columns_of_figures()
    grid.add_column("route", overflow="fold")
    for name in (*_COUNTED, *_TIMED):
        grid.add_column(name, justify="right", overflow="fold")
    for before, now in grown:
        cells = [_cell(of(before), of(now)) for of in (*_COUNTED.values(), *_TIMED.values())]
        grid.add_row(plain(now.route), *cells)
    return grid


def _cell(before: float, now: float) -> Text:
    style = "red" if _grew(before, now) else "dim"
    return plain(f"{number(before)} → {number(now)}", style)
