"""Figures: a ratio is never misprinted, whatever the numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop.reports.figures import count, counted, counter, differs, factor, gain, number, pair, speed
from pitstop.verdicts import Change, Interval, Metric


def interval(ratio: float, low: float, high: float) -> Interval:
    return Interval(ratio=ratio, low=low, high=high)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (51, "51"), (1234567, "1,234,567"), (412.4, "412"), (38.04, "38"), (38.16, "38.2"),
        (0.0213, "0.0213"), (2.5, "2.5"), (0.1, "0.1"), (9.999, "10"), (-3.25, "-3.25"), (1e-12, "0"),
        (math.nan, "?"), (math.inf, "?"),
    ],
)  # fmt: skip
def test_number(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("before", "after", "interval_", "text"),
    [
        (412, 38, interval(1 / 10.8, 0.085, 0.1), "10.8× faster (412 → 38 ms)"),
        (412, 206, None, "2.0× faster (412 → 206 ms)"),
        (10, 19, None, "1.90× slower (10 → 19 ms)"),
        (412, 405, interval(0.98, 0.95, 1.02), "no clear difference (412 → 405 ms)"),
        (100, 98.9, interval(0.989, 0.985, 0.993), "1.1 % faster (100 → 98.9 ms)"),
        (100, 99.9999, interval(0.999999, 0.999998, 0.9999995), "0.0001 % faster (100 → 99.9999 ms)"),
        (5, 5, None, "no difference (5 → 5 ms)"),
        (5, 0, None, "5 → 0 ms"),
        (0, 5, None, "0 → 5 ms"),
        (5, math.nan, None, "5 → ? ms"),
        (3000, 2, None, "1,500× faster (3,000 → 2 ms)"),
    ],
)
def test_speed(before: float, after: float, interval_: Interval | None, text: str) -> None:
    assert speed(before, after, interval_) == text


figures = st.floats(min_value=0.001, max_value=1e6)


@given(figures, figures)
def test_a_difference_is_never_printed_as_none_and_no_difference_never_as_one(
    before: float, after: float
) -> None:
    text = speed(before, after)
    assert "1.00×" not in text
    if before == after:
        assert text.startswith("no difference")
    else:
        assert ("faster" in text) == (after < before)
        assert ("slower" in text) == (after > before)


@given(figures, figures)
def test_a_pair_shows_its_difference(before: float, after: float) -> None:
    left, right = pair(before, after).split(" → ")
    if abs(before - after) > 0.001 * max(before, after) and min(before, after) > 0.01:
        assert left != right


@pytest.mark.parametrize(
    ("interval_", "text"),
    [
        (None, ""),
        (interval(0.0926, 0.0855, 0.101), "9.9-11.7×"),
        (interval(1.0, 0.98, 1.02), "0.98-1.02×"),
        (interval(1.0, 0.9999, 1.0001), "1.00×"),
        (interval(0.5, 0.4, 0.8), "1.25-2.5×"),
        (interval(0.5, 0.0, 0.8), "1.25-?×"),
    ],
)
def test_gain(interval_: Interval | None, text: str) -> None:
    assert gain(interval_) == text


def test_counted() -> None:
    assert counted("1", "requests") == "1 request"
    assert counted("1", "statements per request") == "1 statement per request"
    assert [counted("1", unit) for unit in ("ms", "ms duration", "s")] == ["1 ms", "1 ms duration", "1 s"]
    assert [counted(figure, "blocks") for figure in ("0", "2", "1.5")] == [
        "0 blocks",
        "2 blocks",
        "1.5 blocks",
    ]


def test_factor_counter_and_count() -> None:
    assert [factor(size) for size in (1.05, 1.999, 2, 99.94, 1234.5)] == [
        "1.05×",
        "2.00×",
        "2.0×",
        "99.9×",
        "1,234×",
    ]
    assert counter(Change(metric="statements", before=51, after=2, unit="")) == "51 → 2 statements"
    assert counter(Change(metric="blocked_ms", before=340.2, after=0, unit="ms")) == "340 → 0 ms"
    assert [count(1, "finding"), count(2, "finding"), count(2, "class", "classes")] == [
        "1 finding", "2 findings", "2 classes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "before", "after", "told"),
    [
        ("memory", 1.21, 1.17, False),
        ("memory", 1.0, 1.3, True),
        ("blocked_ms", 108.0, 79.4, False),
        ("blocked_ms", 40.0, 0.0, True),
        ("work", 52_000.0, 50_000.0, False),
        ("statements", 4.0, 4.5, True),
        ("bytes", 10.0, 10.0, False),
        ("memory", 0.0, 0.0, False),
    ],
)
def test_what_may_be_chance_is_not_told_as_another_figure(
    metric: Metric, before: float, after: float, told: bool
) -> None:
    assert differs(Change(metric=metric, before=before, after=after, unit="")) is told
    assert differs(Change(metric=metric, before=after, after=before, unit="")) is told
