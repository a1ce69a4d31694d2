"""Files that requests read, in the report."""

from __future__ import annotations

import msgspec

from pitstop.reports.full import render

from .sample import FILES, REPORT

MEASURED = msgspec.structs.replace(REPORT, verdicts=())


def test_files_are_told_with_the_line_that_opens_them() -> None:
    said = render(MEASURED, width=140)
    (line,) = [line for line in said.splitlines() if line.startswith("blog/prices.json")]
    assert line.split() == ["blog/prices.json", "2,048", "36", "12", "3", "36", "blog/posts.py:23"]
    assert "*.pem 8f14e45fceea167a" in said


def test_of_many_the_first_are_shown() -> None:
    said = render(msgspec.structs.replace(MEASURED, files=FILES * 6), width=140)
    assert said.count("blog/prices.json") == 5
    assert "… 2 more in --format json" in said


def test_without_files_nothing_is_said_of_them() -> None:
    assert "Files that" not in render(msgspec.structs.replace(MEASURED, files=()), width=140)
