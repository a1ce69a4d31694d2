"""WebSocket routes in the report."""

from __future__ import annotations

import msgspec
import pytest

from pitstop.reports.full import render

from .sample import REPORT

MEASURED = msgspec.structs.replace(REPORT, verdicts=())


def test_connections_are_told_apart_from_requests() -> None:
    said = render(MEASURED, width=140)
    (line,) = [line for line in said.splitlines() if line.startswith("/feed/{user_id}/live")]
    figures = ["12", "2", "1", "12.5", "3.5", "40.2", "120", "20,480", "41", "410", "20.5", "0"]
    assert line.split() == ["/feed/{user_id}/live", *figures, "1000", "×11,", "1008", "×2,", "1011"]
    assert "no response time" in said


@pytest.mark.parametrize("width", [40, 60, 140])
def test_at_every_width(width: int) -> None:
    said = render(MEASURED, width=width)
    assert "WebSocket connections" in said
    assert max(map(len, said.splitlines()[:-1])) <= max(width, len(f"Next: {MEASURED.next}"))


def test_without_connections_nothing_is_said_of_them() -> None:
    assert "WebSocket" not in render(msgspec.structs.replace(MEASURED, connections=()), width=140)
