"""What a client saw, and the routes that nobody called."""

from __future__ import annotations

import msgspec

from pitstop.measures import RouteCoverage, ServedRun
from pitstop.reports.full import render
from tests.reports.sample import REPORT

ORDER = ServedRun(
    kind="in order",
    requests=128,
    failed=2,
    seconds=4,
    p50_ms=19.2,
    p95_ms=115,
    p99_ms=175,
    cpu_ms=15,
    cores=0.455,
    memory_start_mb=82.5,
    memory_peak_mb=104,
    memory_end_mb=104,
)
RATE = msgspec.structs.replace(
    ORDER, kind="at a rate", wanted_per_s=60, failed=0, memory_start_mb=104, memory_peak_mb=300
)


def text(width: int = 160, **changes: object) -> str:
    return render(msgspec.structs.replace(REPORT, **changes), width=width)


def test_each_way_of_sending_has_a_line() -> None:
    named = msgspec.structs.replace(ORDER, workload="calls.jsonl")
    shown = text(served=(ORDER, RATE, named))
    rows = [" ".join(line.split()) for line in shown[shown.index("Served by uvicorn") :].splitlines()[1:5]]
    assert rows[1] == "in order 128 2 32 19.2 115 175 15 0.455 82.5 → 104"
    assert rows[2] == "at a rate, 60 a second 128 0 32 19.2 115 175 15 0.455 104 → 104 (peak 300)"
    assert rows[3].startswith("calls.jsonl, in order 128 2 ")


def test_on_a_narrow_terminal_the_tail_is_kept() -> None:
    shown = text(width=80, served=(RATE,))
    assert "p95 ms" in shown
    assert "cores" not in shown[shown.index("Served by uvicorn") :]


def test_routes_of_which_nothing_is_known() -> None:
    uncalled = tuple(f"GET /a{number}" for number in range(14))
    shown = text(
        route_coverage=RouteCoverage(declared=40, uncalled=uncalled, refused=("POST /b",)), width=400
    )
    part = shown[shown.index("Routes of which this run says nothing") :].splitlines()
    assert part[1].strip() == f"14 of 40 were not called: {', '.join(uncalled[:12])} and 2 more"
    assert part[2].strip() == "1 of 40 never answered below 400: POST /b"


def test_nothing_is_said_where_all_were_seen() -> None:
    assert "says nothing" not in text(route_coverage=RouteCoverage(declared=40))
    assert "says nothing" not in text()
    assert "Served by" not in text()
