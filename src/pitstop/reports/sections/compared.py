"""The routes of a run beside those of an earlier one."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import MeasuredRun, RouteSummary
from pitstop.reports.figures import count, number
from pitstop.reports.layout import columns_of_figures, heading, plain

_Figures = dict[str, Callable[[RouteSummary], float]]
_COUNTED: _Figures = {
    "errors %": lambda route: 100 * route.errors / max(route.requests, 1),
    "statements": lambda route: route.statements,
    "rows": lambda route: route.rows,
    "commands": lambda route: route.commands,
    "calls": lambda route: route.calls,
    "tokens": lambda route: route.tokens,
    "bytes in": lambda route: route.bytes_in,
    "bytes": lambda route: route.bytes,
}
"""What hardly wobbles from run to run."""
_WHERE_ANY = frozenset({"commands", "calls", "tokens"})
"""Columns that are left out where no route has any."""
_RARE = "bytes in"
"""What is told only if the earlier run had any: it may have been kept before this was counted."""
_TIMED: _Figures = {
    "p50 ms": lambda route: route.p50_ms,
    "cpu ms": lambda route: route.cpu_ms,
    "blocked ms": lambda route: route.blocked_ms,
}
_EXACT = 0.01
"""A share by which a counted mean may differ and be the same still: a body holds a time or an id."""
_CLEAR = 1.5
"""Times that differ by less say nothing about two single runs."""
_SHORTEST_MS = 2.0
_FEWEST = 5
"""Requests of a route below which its times are chance."""


def parts(report: Report) -> list[RenderableType]:
    """What has changed since the earlier run; nothing where none was named."""
    earlier = report.compared
    if earlier is None:
        return []
    before = {route.route: route for route in earlier.routes}
    now = {route.route: route for route in report.routes}
    both = [(before[name], route) for name, route in now.items() if name in before]
    some = any(_COUNTED[_RARE](route) for route in earlier.routes)
    counted = {name: of for name, of in _COUNTED.items() if some or name != _RARE}
    changed = [pair for pair in both if _differs(*pair, counted)]
    told: list[RenderableType] = [heading(_title(earlier))]
    if report.compared_unlike:
        told.append(plain(f"Not the same work: {'; '.join(report.compared_unlike)}.", "yellow"))
    if changed:
        told.append(_table(changed, counted))
    told.append(Text(f"{count(len(both) - len(changed), 'route')} as before", style="dim"))
    for missing, words in ((now.keys() - before.keys(), "only now"), (before.keys() - now.keys(), "no more")):
        if missing:
            told.append(plain(f"{words}: {', '.join(sorted(missing))}"))
    told.append(
        Text(
            "Counts say what changed; times of two single runs wobble, and `pitstop tune` measures in pairs.",
            style="dim",
        )
    )
    return told


def _title(earlier: MeasuredRun) -> str:
    return f"Compared with {earlier.id}; before → now, means per request"


def _differs(before: RouteSummary, now: RouteSummary, counted: _Figures) -> bool:
    return any(_counts_differ(of(before), of(now)) for of in counted.values()) or (
        _is_timed(before, now) and any(_times_differ(of(before), of(now)) for of in _TIMED.values())
    )


def _is_timed(before: RouteSummary, now: RouteSummary) -> bool:
    return min(before.requests, now.requests) >= _FEWEST


def _counts_differ(before: float, now: float) -> bool:
    return abs(before - now) > _EXACT * max(before, now)


def _times_differ(before: float, now: float) -> bool:
    low, high = sorted((before, now))
    return high - low > _SHORTEST_MS and high > _CLEAR * low


def _never(_before: float, _now: float) -> bool:
    return False


def _table(changed: list[tuple[RouteSummary, RouteSummary]], counted: _Figures) -> Table:
    grid = columns_of_figures()
    grid.add_column("route", overflow="fold")
    counted = {
        name: of
        for name, of in counted.items()
        if name not in _WHERE_ANY or any(of(route) for pair in changed for route in pair)
    }
    for name in (*counted, *_TIMED):
        grid.add_column(name, justify="right", overflow="fold")
    for before, now in changed:
        cells = [_cell(of(before), of(now), _counts_differ) for of in counted.values()]
        timed = _times_differ if _is_timed(before, now) else _never
        cells += [_cell(of(before), of(now), timed) for of in _TIMED.values()]
        grid.add_row(plain(now.route), *cells)
    return grid


def _cell(before: float, now: float, differ: Callable[[float, float], bool]) -> Text:
    if not differ(before, now):
        return Text(number(now), style="dim")
    return plain(f"{number(before)} → {number(now)}", "red" if now > before else "green")
