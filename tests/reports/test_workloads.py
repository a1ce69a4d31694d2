"""What several workloads gave, as a person reads it."""

from __future__ import annotations

import msgspec

from pitstop.measures import WorkloadSummary
from pitstop.reports.full import render
from tests.reports.sample import REPORT

TESTS = WorkloadSummary(name="tests", kind="tests", requests=1200, errors=0, refused=40, routes=30)
HAR = WorkloadSummary(
    name="browser.har", kind="recorded", requests=80, errors=2, refused=1, routes=9,
    alone=tuple(f"GET /a{number}" for number in range(8)),
)  # fmt: skip


def text(*workloads: WorkloadSummary) -> str:
    return render(msgspec.structs.replace(REPORT, workloads=workloads), width=200)


def test_each_has_a_line_and_what_only_it_called() -> None:
    shown = text(TESTS, HAR)
    lines = shown[shown.index("Workloads; each began") :].splitlines()[1:5]
    assert lines[0].split() == ["workload", "requests", "4xx", "errors", "routes", "only", "here"]
    assert lines[1].split() == ["tests", "1,200", "40", "0", "30", "0"]
    assert lines[2].split() == ["browser.har", "(recorded)", "80", "1", "2", "9", "8"]
    assert (
        lines[3].strip()
        == "only browser.har called GET /a0, GET /a1, GET /a2, GET /a3, GET /a4, GET /a5 and 2 more"
    )


def test_one_alone_is_not_told() -> None:
    assert "Workloads" not in text(TESTS)
