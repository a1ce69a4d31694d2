"""What requests allocate, in the report."""

from __future__ import annotations

import msgspec

from pitstop.reports.full import render

from .sample import REPORT


def test_the_highest_peaks_are_told_and_that_times_say_nothing() -> None:
    said = render(REPORT, width=140)
    table = said[said.index("Memory; the most") :].splitlines()
    assert table[2].split() == ["GET", "/posts", "12", "48", "blog/posts.py:22", "(40", "MiB)"]
    assert table[3].split() == ["GET", "/feed/0", "3", "of", "12", "0.286"]
    assert "the times of this run say nothing" in " ".join(table)


def test_where_all_ran_at_once_it_is_said_all_the_same() -> None:
    said = render(msgspec.structs.replace(REPORT, memory=()), width=140)
    assert "times of this run say nothing" in said


def test_without_the_order_nothing_is_said() -> None:
    assert "Memory" not in render(msgspec.structs.replace(REPORT, memory=None), width=140)
