"""How long routes hold connections of which pool, and at what rate it has none left."""

from __future__ import annotations

from rich.console import RenderableType

from pitstop.data import Report
from pitstop.measures import PoolSummary
from pitstop.reports.figures import count, number
from pitstop.reports.layout import columns_of_figures, heading, indented, plain

_SHOWN = 10
_COLUMNS = ("requests", "held ms", "at once", "waited", "wait ms", "all taken at")


def table(report: Report) -> list[RenderableType]:
    """The pools, and of each the routes that hold its connections longest; nothing beside proofs."""
    if not report.pools or report.verdicts or report.memory is not None:
        return []
    parts: list[RenderableType] = [
        heading("Connections held; means per request, and the rate a process at which all are taken")
    ]
    for pool in report.pools:
        parts.append(indented(plain(_said(pool))))
        grid = columns_of_figures()
        grid.add_column("route", overflow="fold")
        for name in _COLUMNS:
            grid.add_column(name, justify="right", overflow="fold")
        for route in pool.routes[:_SHOWN]:
            full = "never" if route.full_per_s is None else f"{number(route.full_per_s)} a s"
            waits = (f"{route.waited:,}", number(route.wait_ms))
            cells = (f"{route.requests:,}", number(route.held_ms), f"{route.at_once}", *waits, full)
            grid.add_row(plain(route.route), *cells)
        parts.append(grid)
        if len(pool.routes) > _SHOWN:
            parts.append(indented(plain(f"… {len(pool.routes) - _SHOWN} more in --format json", "dim")))
        parts += [
            indented(plain(_needed(pool, run.wanted_per_s))) for run in report.served if run.wanted_per_s
        ]
    return parts


def _said(pool: PoolSummary) -> str:
    """`QueuePool of postgresql (app/db.py:7): 5 connections and 10 more, ...`."""
    where = f" ({pool.path}:{pool.line})" if pool.path else ""
    size = "any number of connections" if pool.size is None else count(pool.size, "connection")
    more = "any number more" if pool.overflow is None else f"{pool.overflow} more"
    said = (
        f"{pool.kind} of {pool.system}{where}: {size} and {more}"
        if pool.overflow != 0
        else f"{pool.kind} of {pool.system}{where}: {size}"
    )
    if pool.connections is not None and pool.workers > 1:
        said += f"; {pool.workers} processes ({pool.workers_at}) may open {pool.workers * pool.connections}"
    if pool.server_limit is not None:
        said += f"; the server takes {pool.server_limit}"
    return said


def _needed(pool: PoolSummary, rate: float) -> str:
    of = "" if pool.connections is None else f" of {pool.connections}"
    needed = number(rate * pool.held_ms / 1000)
    return f"at {number(rate)} reading requests a second {needed}{of} connections are taken on average"
