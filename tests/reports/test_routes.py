"""The table of routes."""

from __future__ import annotations

from itertools import takewhile

import msgspec

from pitstop.measures import RouteSummary
from pitstop.reports.full import render
from tests.reports.sample import REPORT
from tests.test_runs import route


def drawn(*routes: RouteSummary, width: int = 160, **changes: object) -> list[list[str]]:
    """The words of the lines that tell what routes ask of others than the database, the header first."""
    text = render(msgspec.structs.replace(REPORT, routes=routes, **{"verdicts": (), **changes}), width=width)
    _, found, rest = text.partition("Beside the database; means per request\n")
    lines = rest.strip().splitlines() if found else []
    return [line.split() for line in takewhile(str.strip, lines)]


def test_routes_with_commands_are_told_beside_the_database() -> None:
    assert drawn(route("GET /a"), route("GET /b", commands=2.5, commands_ms=12)) == [
        ["route", "commands", "commands", "ms"],
        ["GET", "/b", "2.5", "12"],
    ]


def test_columns_that_no_route_has_are_left_out() -> None:
    routes = route("GET /a", calls=1), route("GET /b", calls=2, connecting_ms=30, tokens=1500)
    assert drawn(*routes, width=60) == [
        ["route", "calls", "connect", "ms", "tokens"],
        ["GET", "/a", "1", "0", "0"],
        ["GET", "/b", "2", "30", "1,500"],
    ]


def test_where_no_route_asks_others_nothing_is_told() -> None:
    assert drawn(route("GET /a", statements=5)) == []


def test_beside_proofs_there_is_no_place_for_it() -> None:
    assert REPORT.verdicts
    assert drawn(route("GET /a", calls=1), verdicts=REPORT.verdicts) == []
