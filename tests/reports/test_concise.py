"""One line a remark, whatever stands in it."""

from __future__ import annotations

import re

import pytest

from pitstop.data import Report
from pitstop.reports.annotations import annotate
from pitstop.reports.concise import render

from .hostile import HOSTILE, JUDGED
from .sample import EMPTY, REPORT


@pytest.mark.parametrize("report", [REPORT, HOSTILE, JUDGED])
def test_each_remark_is_one_line_and_the_last_says_what_they_come_to(report: Report) -> None:
    lines = render(report).splitlines()
    assert len(lines) == len(annotate(report)) + 1
    assert all(re.search(r"(error|warning|note) [\w-]+: .*\[[0-9a-f]{12}\]$", line) for line in lines[:-1])
    assert not re.search("[\x00-\x08\x0b-\x1f]", render(report))


def test_a_line_begins_with_the_place_as_editors_read_it() -> None:
    assert render(HOSTILE).startswith("a b/ä,c:d%25#?.py:3:5: error n-plus-one-loop: ")


def test_where_there_is_nothing_that_is_said() -> None:
    assert render(EMPTY) == "Nothing found\n"
