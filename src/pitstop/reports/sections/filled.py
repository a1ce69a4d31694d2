"""A database that was filled: rows of each table before and after."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.reports.layout import columns_of_figures, heading, plain

_FEWER = (
    "A table that others belong to gets a tenth of the rows, so that each of its own has many of theirs; a look-up table gets 50. "
    "`--grow TABLE=N` gives one another number."
)


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
    most = max((table.wanted for table in filled.tables), default=0)
    fewer = any(table.before < table.wanted < most for table in filled.tables)
    return [heading(title), grid, *([Text(_FEWER, style="dim")] if fewer else []), Text(), where]
