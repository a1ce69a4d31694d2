"""What a client saw of the served app, and which routes nobody called."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import RouteCoverage, ServedRun
from pitstop.reports.figures import number
from pitstop.reports.layout import columns_of_figures, heading, indented, plain

_NAMED = 12
_COLUMNS = ("requests", "failed", "per s", "p50 ms", "p95 ms", "p99 ms", "cpu ms", "cores", "memory MB")
_NARROW = ("requests", "failed", "per s", "p95 ms", "memory MB")


def parts(report: Report, *, wide: bool) -> list[RenderableType]:
    """The figures of the served app, and how much of its routes was measured."""
    return [*_served(report.served, wide=wide), *_coverage(report.route_coverage)]


def _served(runs: tuple[ServedRun, ...], *, wide: bool) -> list[RenderableType]:
    if not runs:
        return []
    columns = _COLUMNS if wide else _NARROW
    grid = columns_of_figures()
    grid.add_column("sent", overflow="fold")
    for name in columns:
        grid.add_column(name, justify="right", overflow="fold")
    for run in runs:
        cells = dict(zip(_COLUMNS, _cells(run), strict=True))
        rate = f", {number(run.wanted_per_s)} a second" if run.wanted_per_s else ""
        whose = f"{run.workload}, " if run.workload else ""
        grid.add_row(plain(whose + run.kind + rate), *(cells[name] for name in columns))
    return [heading("Served by uvicorn, one worker; times as a client on this machine saw them"), grid]


def _cells(run: ServedRun) -> list[str]:
    memory = f"{number(run.memory_start_mb)} → {number(run.memory_end_mb)}"
    if run.memory_peak_mb > max(run.memory_start_mb, run.memory_end_mb) * 1.01:
        memory += f" (peak {number(run.memory_peak_mb)})"
    figures = [
        run.requests / max(run.seconds, 1e-9),
        run.p50_ms,
        run.p95_ms,
        run.p99_ms,
        run.cpu_ms,
        run.cores,
    ]
    return [f"{run.requests:,}", f"{run.failed:,}", *(number(figure) for figure in figures), memory]


def _coverage(coverage: RouteCoverage | None) -> list[RenderableType]:
    if coverage is None or not (coverage.uncalled or coverage.refused):
        return []
    told: list[RenderableType] = [heading("Routes of which this run says nothing")]
    for routes, what in (
        (coverage.uncalled, "were not called"),
        (coverage.refused, "never answered below 400"),
    ):
        if routes:
            more = f" and {len(routes) - _NAMED} more" if len(routes) > _NAMED else ""
            said = f"{len(routes)} of {coverage.declared} {what}: "
            told.append(indented(Text.assemble(plain(said), plain(", ".join(routes[:_NAMED]) + more, "dim"))))
    return told
