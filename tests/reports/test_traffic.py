"""What an access log says, as a person reads it."""

from __future__ import annotations

import msgspec
import pytest

from pitstop.measures import Elsewhere, RouteTraffic, Traffic
from pitstop.reports.full import render
from pitstop.reports.sections.traffic import share
from tests.reports.sample import REPORT
from tests.test_runs import route

ASKED = Traffic(
    files=("access.log", "access.log.1"),
    lines=1200,
    requests=1100,
    unread=90,
    first_unread=4,
    prefix="/api",
    routes=(
        RouteTraffic(route="GET /a", requests=800, refused=50, share=0.75),
        RouteTraffic(route="GET /b", requests=200, refused=0, share=0.2, called=False),
        RouteTraffic(route="GET /c", requests=50, refused=0, share=0.05, called=False),
    ),
    elsewhere=(
        Elsewhere(shape="GET /wp-login.php", requests=40, refused=40),
        Elsewhere(shape="GET /docs", requests=10, refused=1),
    ),
    elsewhere_requests=50,
)


def text(traffic: Traffic | None, width: int = 200) -> str:
    routes = (route("GET /a"), route("GET /z"))
    return render(msgspec.structs.replace(REPORT, verdicts=(), routes=routes, traffic=traffic), width=width)


def test_what_was_read_and_what_the_run_does_not_show() -> None:
    shown = text(ASKED)
    lines = shown[shown.index("Traffic, by the access log") :].splitlines()[1:6]
    assert (
        lines[0]
        .strip()
        .startswith("1,100 requests in 1,200 lines of access.log, access.log.1; routes take 1,050 of them")
    )
    assert "answered 50 with 4xx" in lines[0]
    assert [line.strip() for line in lines[1:]] == [
        "paths were read without /api, which most of them begin with",
        "90 lines hold no request that could be read, the first is line 4",
        "25 % goes to routes that this run never called: GET /b (20 %), GET /c (5.0 %)",
        "50 requests no route takes: GET /wp-login.php (40, all refused), GET /docs (10)",
    ]


@pytest.mark.parametrize("width", [60, 200])
def test_each_route_has_its_share(width: int) -> None:
    shown = text(ASKED, width)
    table = shown[shown.index("Routes, before any repair") :].splitlines()[1:4]
    assert table[0].split()[:2] == ["route", "traffic"]
    assert table[1].split()[:4] == ["GET", "/a", "75", "%"]
    assert table[2].split()[:3] == ["GET", "/z", "-"]


def test_without_a_log_nothing_is_said_of_traffic() -> None:
    assert "traffic" not in text(None).lower()


@pytest.mark.parametrize(
    ("of", "said"),
    [(0, "-"), (0.0004, "<0.1 %"), (0.001, "0.1 %"), (0.0994, "9.9 %"), (0.0996, "10 %"), (1, "100 %")],
)
def test_a_share(of: float, said: str) -> None:
    assert share(of) == said
