"""The cached functions of a run, and what their caches were good for."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import CacheSummary
from pitstop.reports.layout import columns_of_figures, heading, plain

_SHOWN = 10


def table(report: Report) -> list[RenderableType]:
    """The caches with the most misses, those that are asked by requests for each route; nothing where there are none, or beside proofs."""
    if not report.caches or report.verdicts:
        return []
    grid = columns_of_figures()
    grid.add_column("cache", overflow="fold")
    for name in ("calls", "hit rate", "misses", "held", "at most"):
        grid.add_column(name, justify="right", overflow="fold")
    grid.add_column("at", overflow="fold")
    for cache in report.caches[:_SHOWN]:
        grid.add_row(
            plain(f"{cache.name}  {cache.route}".rstrip()),
            *_cells(cache),
            plain(f"{cache.path}:{cache.line}"),
        )
    parts: list[RenderableType] = [heading("Caches; over the whole run, tests included"), grid]
    if len(report.caches) > _SHOWN:
        parts.append(Text(f"… {len(report.caches) - _SHOWN} more in --format json", style="dim"))
    return parts


def _cells(cache: CacheSummary) -> list[str]:
    calls = cache.hits + cache.misses
    most = "any" if cache.maxsize is None else f"{cache.maxsize:,}"
    held = (f"{cache.size:,}", most) if cache.kind == "functools" else ("", "")
    # Rounded down: what missed once has not hit each time.
    return [f"{calls:,}", f"{100 * cache.hits // calls} %", f"{cache.misses:,}", *held]
