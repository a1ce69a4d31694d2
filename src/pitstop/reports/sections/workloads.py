"""What made the service answer, where it was more than one workload."""

from __future__ import annotations

from rich.console import RenderableType

from pitstop.measures import WorkloadSummary
from pitstop.reports.layout import columns_of_figures, heading, indented, plain

_NAMED = 6


def table(workloads: tuple[WorkloadSummary, ...]) -> list[RenderableType]:
    """Requests and routes of each, and the routes that only it called. Nothing where there is one alone."""
    if len(workloads) < 2:
        return []
    grid = columns_of_figures()
    grid.add_column("workload", overflow="fold")
    for name in ("requests", "4xx", "errors", "routes", "only here"):
        grid.add_column(name, justify="right", overflow="fold")
    for each in workloads:
        figures = (each.requests, each.refused, each.errors, each.routes, len(each.alone))
        kind = "" if each.kind == each.name else f" ({each.kind})"
        grid.add_row(plain(each.name + kind), *(f"{figure:,}" for figure in figures))
    told: list[RenderableType] = [heading("Workloads; each began with the same data"), grid]
    for each in workloads:
        if each.alone:
            more = f" and {len(each.alone) - _NAMED} more" if len(each.alone) > _NAMED else ""
            told.append(
                indented(plain(f"only {each.name} called {', '.join(each.alone[:_NAMED])}{more}", "dim"))
            )
    return told
