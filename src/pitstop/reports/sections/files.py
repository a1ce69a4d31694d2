"""The files that the requests of a run read."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.measures import FileReads
from pitstop.reports.figures import number
from pitstop.reports.layout import columns_of_figures, heading, plain

_SHOWN = 10
_KIBIBYTE = 1024


def table(report: Report) -> list[RenderableType]:
    """The files with the most bytes; nothing where requests read none, or beside proofs."""
    if not report.files or report.verdicts:
        return []
    grid = columns_of_figures()
    grid.add_column("file", overflow="fold")
    for name in ("KiB", "reads", "requests", "most in one", "on the loop"):
        grid.add_column(name, justify="right", overflow="fold")
    grid.add_column("opened at", overflow="fold")
    for file in report.files[:_SHOWN]:
        grid.add_row(plain(file.file), *_cells(file), plain(f"{file.path}:{file.line}"))
    parts: list[RenderableType] = [heading("Files that requests read"), grid]
    if len(report.files) > _SHOWN:
        parts.append(Text(f"… {len(report.files) - _SHOWN} more in --format json", style="dim"))
    return parts


def _cells(file: FileReads) -> list[str]:
    counts = (file.reads, file.requests, file.most, file.on_loop)
    return [number(file.bytes / _KIBIBYTE), *(f"{count:,}" for count in counts)]
