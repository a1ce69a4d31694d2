"""The routes of a run beside those of an earlier one."""

from __future__ import annotations

import msgspec
import pytest

from pitstop.measures import MeasuredRun, RouteSummary
from pitstop.reports.full import render
from tests.reports.sample import REPORT
from tests.test_runs import route


def compared(before: list[RouteSummary], now: list[RouteSummary]) -> str:
    """What the report says of a run beside an earlier one."""
    earlier = MeasuredRun(id="earlier", measured_at="", routes=tuple(before))
    report = msgspec.structs.replace(REPORT, routes=tuple(now), compared=earlier, verdicts=())
    text = render(report, width=160)
    return text[text.index("Compared with earlier") :]


def test_a_count_that_changed_is_told() -> None:
    said = compared([route(statements=51, rows=100, p50_ms=40)], [route(statements=2, rows=100, p50_ms=41)])
    (line,) = [line for line in said.splitlines() if line.startswith("GET /x")]
    assert line.split()[2:] == ["0", "51", "→", "2", "100", "0", "41", "0", "0"]
    assert "0 routes as before" in said


def test_other_work_is_said_above_the_figures() -> None:
    earlier = MeasuredRun(id="earlier", measured_at="", routes=(route(rows=1),))
    report = msgspec.structs.replace(
        REPORT, routes=(route(rows=9),), compared=earlier, compared_unlike=("a was sent", "b was not")
    )
    text = render(report, width=160)
    assert "now, means per request\nNot the same work: a was sent; b was not.\n" in text
    assert "Not the same work" not in compared([route(rows=1)], [route(rows=9)])


def test_what_few_routes_have_has_a_column_where_one_does() -> None:
    said = compared([route(commands=30)], [route(commands=1)])
    (line,) = [line for line in said.splitlines() if line.startswith("GET /x")]
    assert line.split()[2:] == ["0", "0", "0", "30", "→", "1", "0", "0", "0", "0"]
    assert "commands" in said
    assert "tokens" in compared([route(tokens=300)], [route(tokens=10)])
    head = compared([route(rows=3)], [route(rows=5)]).splitlines()[1].split()
    assert head[:4] == ["route", "errors", "%", "statements"]
    assert not {"commands", "calls", "tokens"} & set(head)


@pytest.mark.parametrize(
    ("before", "now", "requests", "told"),
    [
        ({"p50_ms": 10.0}, {"p50_ms": 14.0}, 10, False),
        ({"p50_ms": 10.0}, {"p50_ms": 16.0}, 10, True),
        ({"p50_ms": 1.0}, {"p50_ms": 2.9}, 10, False),
        ({"cpu_ms": 10.0}, {"cpu_ms": 30.0}, 4, False),
        ({"blocked_ms": 0.0}, {"blocked_ms": 30.0}, 10, True),
        ({"bytes": 1000.0}, {"bytes": 1005.0}, 10, False),
        ({"bytes": 1000.0}, {"bytes": 1020.0}, 4, True),
    ],
)
def test_what_is_more_than_chance(
    before: dict[str, float], now: dict[str, float], requests: int, told: bool
) -> None:
    first, second = (msgspec.structs.replace(route(), requests=requests, **each) for each in (before, now))
    assert ("\nGET /x " in compared([first], [second])) is told


def test_bytes_in_are_told_only_beside_a_run_that_counted_them() -> None:
    now = route(bytes_in=400)
    assert "bytes in" not in compared([route()], [now])
    assert "1 route as before" in compared([route()], [now])
    said = compared([route(bytes_in=200)], [now])
    assert "bytes in" in said
    assert "200 → 400" in said


def test_a_route_that_fails_now_is_no_improvement() -> None:
    said = compared([route(statements=51)], [msgspec.structs.replace(route(statements=2), errors=10)])
    (line,) = [line for line in said.splitlines() if line.startswith("GET /x")]
    assert "0 → 100" in line


def test_routes_that_came_and_went() -> None:
    said = compared([route("GET /old"), route()], [route("GET /new"), route()])
    assert "only now: GET /new" in said
    assert "no more: GET /old" in said
    assert "1 route as before" in said
