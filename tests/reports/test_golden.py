"""Every format against its golden files. After a wanted change: `.venv/bin/python -m tests.reports.regenerate`."""

from __future__ import annotations

import pytest

from .regenerate import GOLDEN, GOLDENS


@pytest.mark.parametrize("name", GOLDENS)
def test_a_report_looks_as_agreed(name: str) -> None:
    assert GOLDENS[name]() == (GOLDEN / name).read_text("utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(GOLDENS)
