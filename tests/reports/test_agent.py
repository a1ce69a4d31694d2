"""The report for coding agents: short whatever there is to say, and nothing lost without being counted."""

from __future__ import annotations

import pytest

from pitstop.data import Report
from pitstop.reports.agent import LONGEST, render

from .hostile import HOSTILE, JUDGED, MANY
from .sample import EMPTY, REPORT


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED, MANY])
def test_it_is_short(report: Report) -> None:
    assert len(render(report)) <= LONGEST


def test_what_did_not_fit_is_counted() -> None:
    lines = render(MANY).splitlines()
    shown = [line for line in lines if line.startswith("high n-plus-one-loop ")]
    assert shown[0].startswith("high n-plus-one-loop 000000000000 ")
    assert f"and {6_000 - len(shown)} more: n-plus-one-loop {6_000 - len(shown)}" in lines


def test_a_finding_is_one_line_with_what_it_takes_to_act() -> None:
    assert (
        "medium blocking-call-in-async c1b2c3d4e5f6 blog/mail.py:12 send | `time.sleep` stops every other request"
        " | POST /mail | 20 ms blocked | proved\n"
    ) in render(REPORT)


def test_options_are_named_as_decide_takes_them() -> None:
    assert "| decide batch leave\n" in render(REPORT)


def test_what_was_judged_says_what_it_brought() -> None:
    text = render(REPORT)
    assert "GET /posts 51 → 2 statements, cpu 10.8× faster (412 → 38.1 ms)" in text, (
        "and nothing of the duration, which is within its interval"
    )
    assert "error proof | HEAD~1..HEAD: changed, an answer is not as before | body GET /a: 1 → 2" in render(
        JUDGED
    )


def test_no_text_of_the_service_can_make_a_line_of_its_own() -> None:
    assert not any(line.startswith("::error") for line in render(HOSTILE).splitlines())
    assert "\x1b" not in render(HOSTILE)
