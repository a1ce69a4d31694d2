"""Findings that belong together."""

from __future__ import annotations

import pytest

from pitstop.data import Confidence, Finding, FixOutlook, Location, TraceEvidence
from pitstop.problems.findings import merge_places
from pitstop.problems.measured import Group, confirmed


def told(line: int, confidence: Confidence, route: str = "", fix: FixOutlook | None = None) -> Finding:
    return Finding(
        id="one",
        problem="blocking-call-transitive",
        domain="async",
        severity="high",
        confidence=confidence,
        message=f"line {line}",
        location=Location(path="app.py", line=line, column=1, end_line=line, end_column=2),
        routes=(route,) if route else (),
        fix=fix or FixOutlook(fix_class="proved"),
    )


@pytest.mark.parametrize("surest", [0, 1, 2])
def test_the_surest_of_several_places_is_the_one_that_is_told(surest: int) -> None:
    confidences: list[Confidence] = ["possible"] * 3
    confidences[surest] = "likely"
    (merged,) = merge_places(told(line, c, f"GET /{line}") for line, c in enumerate(confidences))
    assert (merged.location.line, merged.confidence) == (surest, "likely")
    assert sorted(place.line for place in merged.places) == [n for n in range(3) if n != surest]
    assert sorted(merged.routes) == ["GET /0", "GET /1", "GET /2"]


def test_a_place_is_named_once() -> None:
    (merged,) = merge_places([told(1, "likely"), told(1, "likely"), told(2, "likely"), told(2, "possible")])
    assert [place.line for place in merged.places] == [2]


@pytest.mark.parametrize("deciding", [0, 1])
def test_what_is_to_be_decided_at_one_place_is_for_all(deciding: int) -> None:
    fixes = [FixOutlook(fix_class="decide" if n == deciding else "proved") for n in range(2)]
    (merged,) = merge_places(told(n, "likely", fix=fix) for n, fix in enumerate(fixes))
    assert merged.fix.fix_class == "decide"


@pytest.mark.parametrize(
    ("text", "counts", "said"),
    [
        (
            "{route} sent this statement {count} times {within} ({ms} ms)",
            [1],
            "GET /a sent this statement once",
        ),
        (
            "{route} sent this statement {count} times {within} ({ms} ms)",
            [2],
            "GET /a sent this statement 2 times",
        ),
        ("{route} read {count} joined rows here {within} ({ms} ms)", [1], "GET /a read 1 joined row here"),
        (
            "{route} opened {count} connections here {within} ({ms} ms)",
            [1],
            "GET /a opened 1 connection here",
        ),
        ("{route} read {count} rows here {within} ({ms} ms)", [1, 21], "GET /a read 21 rows here"),
    ],
)
def test_one_is_no_plural(text: str, counts: list[int], said: str) -> None:
    group = Group("GET /a", (), counts=counts, nanoseconds=[1_000_000] * len(counts))
    (finding,) = confirmed(told(1, "likely"), [group], "rows", text)
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text.startswith(f"{said} ")
