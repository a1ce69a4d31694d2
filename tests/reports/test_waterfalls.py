"""Slow requests, drawn."""

from __future__ import annotations

import msgspec

from pitstop.measures import Waterfall, WaterfallStep
from pitstop.reports.full import render
from tests.reports.sample import REPORT

REQUEST = Waterfall(
    route="GET /orders",
    ms=100.0,
    status=200,
    test="tests/test_orders.py::test_all",
    steps=(
        WaterfallStep(
            name="dependency session", kind="dependency", start_ms=0, ms=25, path="app/db.py", line=4
        ),
        WaterfallStep(
            name="handler orders", kind="handler", start_ms=25, ms=75, path="app/orders.py", line=9
        ),
        WaterfallStep(
            name="SELECT a FROM b",
            kind="database",
            start_ms=50,
            ms=50,
            times=30,
            path="app/orders.py",
            line=12,
        ),
        WaterfallStep(name="validation", kind="validation", start_ms=25, ms=0.5),
    ),
    shorter=7,
    shorter_ms=4,
)


def drawn(width: int = 160) -> str:
    return drawn_of(REQUEST, width)


def drawn_of(request: Waterfall, width: int = 160) -> str:
    text = render(msgspec.structs.replace(REPORT, slowest=(request,), verdicts=(), declined=()), width=width)
    return text[text.index("The slowest requests") :]


def test_each_step_lies_where_it_was() -> None:
    lines = drawn().splitlines()
    assert lines[2].strip() == "GET /orders  100 ms, status 200  tests/test_orders.py::test_all"
    bars = [line[2:26] for line in lines[3:6]]
    assert bars == ["━" * 6 + " " * 18, " " * 6 + "━" * 18, " " * 12 + "━" * 12]
    assert lines[5].split("ms", 1)[1].strip() == "SELECT a FROM b ×30  app/orders.py:12"
    assert lines[6].strip() == "8 shorter steps, 4.5 ms together"


def test_a_step_that_outlasts_its_request_says_so() -> None:
    def said(start: float, after: float) -> bool:
        step = WaterfallStep(name="x", kind="middleware", start_ms=start, ms=100, after_ms=after)
        text = drawn_of(msgspec.structs.replace(REQUEST, steps=(step,)))
        assert ("goes on" in text) == ("x, goes on for 40 ms after the answer" in text)
        return "goes on" in text

    assert said(40, 40)
    assert not said(100, 40)
    assert not said(40, 1)


def test_on_a_narrow_terminal_each_step_keeps_its_line() -> None:
    assert all(len(line) <= 60 for line in drawn(width=60).splitlines()[3:6])


def test_beside_proofs_there_are_none() -> None:
    report = msgspec.structs.replace(REPORT, slowest=(REQUEST,))
    assert report.verdicts
    assert "The slowest requests" not in render(report)
