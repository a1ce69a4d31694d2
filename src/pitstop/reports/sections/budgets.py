"""What requests took of the budgets of their routes."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.reports.figures import count, number
from pitstop.reports.layout import columns_of_figures, heading, indented, plain, route_name

_KEPT = 12


def parts(report: Report) -> list[RenderableType]:
    """All that went over their budgets, and the first of those that did not."""
    if not report.budgets:
        return []
    over = [each for each in report.budgets if each.is_over]
    kept = [each for each in report.budgets if not each.is_over]
    table = columns_of_figures()
    for name in ("budgets", "limit", "allowed", "measured", "requests"):
        table.add_column(name, justify="left" if name in {"budgets", "limit"} else "right")
    for each in (*over, *kept[:_KEPT]):
        style = "bold red" if each.is_over else ""
        table.add_row(
            route_name(each.route),
            plain(each.limit),
            Text(number(each.allowed)),
            Text(number(each.measured) + (" over" if each.is_over else ""), style=style),
            Text(f"{each.requests:,}"),
        )
    told: list[RenderableType] = [heading(_title(report)), table]
    told += [indented(plain(f"{each.route}: {each.test}", "dim")) for each in over if each.test]
    if len(kept) > _KEPT:
        told.append(Text(f"… and {len(kept) - _KEPT} more that are kept", style="dim"))
    return told


def _title(report: Report) -> str:
    """`Budgets: 2 of 9 exceeded`."""
    over = sum(each.is_over for each in report.budgets)
    return f"Budgets: {over} of {count(len(report.budgets), 'limit')} exceeded, by the dearest request of each route"
