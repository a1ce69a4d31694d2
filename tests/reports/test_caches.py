"""Caches in the report."""

from __future__ import annotations

import msgspec

from pitstop.reports.full import render

from .sample import CACHES, REPORT

MEASURED = msgspec.structs.replace(REPORT, verdicts=())


def test_caches_are_told_with_their_hit_rates() -> None:
    said = render(MEASURED, width=140).splitlines()
    (rate,) = [line for line in said if line.endswith("blog/rates.py:5")]
    assert rate.split() == ["rate", "1,000", "19", "%", "801", "128", "128", "blog/rates.py:5"]
    (offers,) = [line for line in said if line.endswith("blog/offers.py:8")]
    assert offers.split() == ["offers", "GET", "/me", "12", "75", "%", "3", "blog/offers.py:8"]
    (settings,) = [line for line in said if line.startswith("get_settings")]
    assert settings.split()[1:7] == ["1,000", "99", "%", "1", "1", "any"]


def test_of_many_the_first_are_shown() -> None:
    said = render(msgspec.structs.replace(MEASURED, caches=CACHES * 6), width=140)
    assert said.count("blog/rates.py:5") == 4
    assert "… 8 more in --format json" in said


def test_without_caches_nothing_is_said_of_them() -> None:
    assert "Caches;" not in render(msgspec.structs.replace(MEASURED, caches=()), width=140)
