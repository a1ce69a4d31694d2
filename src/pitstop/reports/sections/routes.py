"""The routes of a run: figures of each, and where the time of the dearest went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import PhaseSummary, RouteSummary
from pitstop.reports.figures import number
from pitstop.reports.layout import columns_of_figures, heading, indented, plain, route_name
from pitstop.reports.sections.traffic import share

_BESIDE_PROOFS = 10
_SHARE = 0.05
"""A share of a route's time below which a phase is told with the rest."""
_COLUMNS = (
    "traffic",
    "requests",
    "errors",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "cpu ms",
    "statements",
    "rows",
    "db ms",
    "blocked ms",
    "bytes in",
    "bytes",
)
_ELSEWHERE: dict[str, Callable[[RouteSummary], float]] = {
    "commands": lambda route: route.commands,
    "commands ms": lambda route: route.commands_ms,
    "calls": lambda route: route.calls,
    "connect ms": lambda route: route.connecting_ms,
    "tokens": lambda route: route.tokens,
}
"""What routes ask of others than the database: a column is told where a route has any."""
_RARE = {"bytes in": "0", "traffic": ""}
"""Columns that are left out where all of their cells are so."""
_NARROW = ("traffic", "requests", "p50 ms", "statements", "blocked ms")


def table(report: Report, *, wide: bool) -> list[RenderableType]:
    """The figures of each route, and for the dearest of them where the time went."""
    if not report.routes:
        return []
    shown = report.routes[:_BESIDE_PROOFS] if report.verdicts else report.routes
    shares = (
        {each.route: each.share for each in report.traffic.routes} if report.traffic is not None else None
    )
    rows = [(route.route, dict(zip(_COLUMNS, _cells(route, shares), strict=True))) for route in shown]
    columns = [
        name
        for name in (_COLUMNS if wide else _NARROW)
        if name not in _RARE or any(cells[name] != _RARE[name] for _, cells in rows)
    ]
    grid = columns_of_figures()
    grid.add_column("route", overflow="fold")
    for name in columns:
        grid.add_column(name, justify="right", overflow="fold")
    for route, cells in rows:
        grid.add_row(route_name(route), *(cells[name] for name in columns))
    parts: list[RenderableType] = [heading("Routes, before any repair; means per request"), grid]
    if len(shown) < len(report.routes):
        parts.append(Text(f"… {len(report.routes) - len(shown)} more in --format json", style="dim"))
    if report.run and not report.verdicts:
        parts.append(Text(f"kept as {report.run}, for `pitstop measure --compare`", style="dim"))
    if not report.verdicts:
        parts += _elsewhere(shown)
    told = [route for route in shown if route.phases][:_BESIDE_PROOFS]
    if told and not report.verdicts:
        parts.append(heading("Where the time went; means per request"))
        parts += [indented(_shares(route)) for route in told]
    return parts


def _elsewhere(routes: Sequence[RouteSummary]) -> list[RenderableType]:
    """The routes that send commands to stores or call other services; nothing where none does."""
    columns = {name: of for name, of in _ELSEWHERE.items() if any(of(route) for route in routes)}
    if not columns:
        return []
    grid = columns_of_figures()
    grid.add_column("route", overflow="fold")
    for name in columns:
        grid.add_column(name, justify="right", overflow="fold")
    for route in routes:
        figures = [of(route) for of in columns.values()]
        if any(figures):
            grid.add_row(plain(route.route), *map(number, figures))
    return [heading("Beside the database; means per request"), grid]


def _shares(route: RouteSummary) -> Text:
    """`GET /x  62% database · 21% handler read_x (app/x.py:3)`, down to shares that are worth a word."""
    whole = sum(phase.ms for phase in route.phases)
    shares = [(phase.ms / whole, phase) for phase in route.phases if whole and phase.ms / whole >= _SHARE]
    said = [f"{share:.0%} {_who(phase)}" for share, phase in shares]
    rest = 1 - sum(share for share, _ in shares)
    if rest >= _SHARE:
        said.append(f"{rest:.0%} the rest")
    return Text.assemble(plain(route.route, "bold"), f"  {number(whole)} ms: ", plain(" · ".join(said)))


def _who(phase: PhaseSummary) -> str:
    where = f" ({phase.path}:{phase.line})" if phase.path else ""
    return f"{phase.kind} {phase.name}{where}" if phase.name else phase.kind


def _cells(route: RouteSummary, shares: Mapping[str, float] | None) -> list[str]:
    figures = [
        route.p50_ms,
        route.p95_ms,
        route.p99_ms,
        route.cpu_ms,
        route.statements,
        route.rows,
        route.database_ms,
        route.blocked_ms,
        route.bytes_in,
        route.bytes,
    ]
    traffic = share(shares.get(route.route, 0.0)) if shares is not None else ""
    return [traffic, f"{route.requests:,}", f"{route.errors:,}", *(number(figure) for figure in figures)]
