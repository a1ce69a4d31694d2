"""A database that was filled: rows of each table before and after."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.reports.layout import columns_of_figures, heading, plain


def parts(report: Report) -> list[RenderableType]:
    """The tables, and where the copy is; nothing where none was filled."""
    filled = report.filled
    if filled is None:
        return []
    grid = columns_of_figures()
    grid.add_column("table", overflow="fold")
    for name in ("before", "after", "wanted"):
        grid.add_column(name, justify="right", overflow="fold")
    for table in filled.tables:
        short = "yellow" if table.after < table.wanted else ""
        grid.add_row(
            plain(table.name), f"{table.before:,}", plain(f"{table.after:,}", short), f"{table.wanted:,}"
        )
    title = "Rows" + ("; the tables were made by the service's own metadata" if filled.created else "")
    where = Text.assemble(Text("The filled copy: "), plain(filled.url, "bold"))
    return [heading(title), grid, Text(), where]
