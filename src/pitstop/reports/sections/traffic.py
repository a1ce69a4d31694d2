"""What an access log asks of the routes, and what of it the run does not show."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from pitstop.measures import Elsewhere, RouteTraffic, Traffic
from pitstop.reports.figures import count
from pitstop.reports.layout import heading, indented, plain

_NAMED = 8


def share(of: float) -> str:
    """`12 %`, `0.4 %`, `<0.1 %`; a dash for none."""
    if of <= 0:
        return "-"
    if of < 0.001:
        return "<0.1 %"
    return f"{of * 100:.0f} %" if of >= 0.0995 else f"{of * 100:.1f} %"


def parts(traffic: Traffic | None) -> list[RenderableType]:
    """What was read of the log; what nobody called though it is asked; what no route takes. Nothing where there is no log."""
    if traffic is None:
        return []
    refused = sum(each.refused for each in traffic.routes)
    taken = sum(each.requests for each in traffic.routes)
    whole = (
        f"{count(traffic.requests, 'request')} in {count(traffic.lines, 'line')} of {', '.join(traffic.files)}; "
        f"routes take {taken:,} of them, and answered {refused:,} with 4xx, which count for nothing here"
    )
    said = [whole]
    if traffic.prefix:
        said.append(f"paths were read without {traffic.prefix}, which most of them begin with")
    if traffic.unread:
        said.append(
            f"{count(traffic.unread, 'line')} hold no request that could be read, the first is line {traffic.first_unread:,}"
        )
    told: list[RenderableType] = [heading("Traffic, by the access log")]
    told += [indented(plain(line)) for line in said]
    never = [each for each in traffic.routes if not each.called]
    if never:
        missing = sum(each.share for each in never)
        told.append(_line(f"{share(missing)} goes to routes that this run never called: ", _routes(never)))
    if traffic.elsewhere_requests:
        told.append(
            _line(
                f"{count(traffic.elsewhere_requests, 'request')} no route takes: ", _shapes(traffic.elsewhere)
            )
        )
    return told


def _line(what: str, which: str) -> RenderableType:
    return indented(Text.assemble(plain(what), plain(which, "dim")))


def _routes(routes: Sequence[RouteTraffic]) -> str:
    named = [f"{each.route} ({share(each.share)})" for each in routes[:_NAMED]]
    return ", ".join(named) + _more(len(routes))


def _shapes(shapes: Sequence[Elsewhere]) -> str:
    named = [
        f"{each.shape} ({each.requests:,}{', all refused' if each.refused == each.requests else ''})"
        for each in shapes[:_NAMED]
    ]
    return ", ".join(named) + _more(len(shapes))


def _more(number: int) -> str:
    return f" and {number - _NAMED} more" if number > _NAMED else ""
