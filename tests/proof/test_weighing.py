"""Repairs that aim at memory, and the app's own moods after a repair was accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.patching.edits import make_patch
from pitstop.proof.counters import weigh
from pitstop.traces.records import Memory
from pitstop.verdicts import Metric, NotFaster, Proved, Unproven
from tests.proof.runs import exchange, run
from tests.proof.service import proving

MAIN = """from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
def report() -> int:
    lines = [str(number) * 10 for number in range(100_000)]
    return sum(len(line) for line in lines)


@app.get("/plain")
def plain() -> int:
    found = 1
    return found
"""
TESTS = """import os
from pathlib import Path

from fastapi.testclient import TestClient

from main import app

client = TestClient(app)


def test_report():
    assert client.get("/report").json() == 4888900


def test_plain():
    assert client.get("/plain").json() == 1
"""


def patch(before: str, after: str, *aims: Metric, of: str = MAIN) -> Patch:
    assert of.count(before) == 1
    where = Location(path="main.py", line=1)
    finding = Finding(
        id="f00d",
        problem="p",
        domain="memory",
        severity="high",
        confidence="certain",
        message="m",
        location=where,
    )
    change = FileChange(path="main.py", before=of, after=of.replace(before, after))
    return make_patch(finding, "a patch", [change], aims)


LINES = "[str(number) * 10 for number in range(100_000)]"


def test_a_repair_that_aims_at_memory_is_proved_by_it(tmp_path: Path) -> None:
    with proving(tmp_path / "service", MAIN, TESTS) as prover:
        verdict = prover.prove(patch(LINES, f"({LINES[1:-1]})", "memory"))
        assert isinstance(verdict, Proved), verdict.reason
        assert verdict.reason.startswith("memory of the largest request ")
        (change,) = [c for route in verdict.routes for c in route.changes if c.metric == "memory"]
        assert change.before > 5
        assert change.after < 1
        assert change.unit == "MB"
        idle = prover.prove(patch("    found = 1\n    return found\n", "    return 1\n", "memory"))
        assert isinstance(idle, NotFaster), idle.reason


@pytest.mark.parametrize(
    ("before", "after", "fell", "rose"),
    [(10, 7.9, True, False), (10, 8.1, False, False), (0.3, 0.1, False, False), (7.9, 10, False, True)],
)
def test_memory_counts_from_a_margin_on(before: float, after: float, fell: bool, rose: bool) -> None:
    one, other = (
        run(
            exchange(1, 1, memory=Memory(peak_bytes=1000)),
            exchange(2, 1, memory=Memory(peak_bytes=round(megabytes * 1_000_000))),
            exchange(3, 1),
        )
        for megabytes in (before, after)
    )
    (counted,) = weigh(one, other, {"GET /items"})
    assert (counted.before, counted.after) == ((before,), (after,))
    assert (counted.fell, counted.rose) == (fell, rose)
    assert not list(weigh(one, other, {"GET /others"}))


MOODY = """

COUNT = Path({count!r})


def test_moody():
    runs = int(COUNT.read_text()) + 1 if COUNT.is_file() else 1
    COUNT.write_text(str(runs))
    assert runs < 4
"""
"""A test that fails from the fourth run on, whatever the service does."""


@pytest.fixture
def moody(tmp_path: Path) -> Callable[[], str]:
    return lambda: TESTS + MOODY.format(count=str(tmp_path / "count"))


def test_the_app_s_mood_is_told_from_the_repair_also_on_top_of_another(
    tmp_path: Path, moody: Callable[[], str]
) -> None:
    with proving(tmp_path / "service", MAIN, moody()) as prover:
        first = patch("    found = 1\n    return found\n", "    return 1\n")
        verdict = prover.prove(first)
        assert isinstance(verdict, Proved), verdict.reason
        prover.accept()
        mended = MAIN.replace("    found = 1\n    return found\n", "    return 1\n")
        second = prover.prove(patch(LINES, f"({LINES[1:-1]})", of=mended))
        assert isinstance(second, Proved), second.reason
        assert "1 flaky without the patch" in second.tests


SELDOM = """

COUNT = Path({count!r})


def test_seldom():
    runs = int(COUNT.read_text()) + 1 if COUNT.is_file() else 1
    COUNT.write_text(str(runs))
    assert runs not in {failing}
"""
"""A test that fails in some of all runs, whatever the service does. The third of them is the first with a repair."""


@pytest.mark.parametrize(
    ("failing", "outcome"),
    [
        (
            {3, 7},
            Proved,
        ),  # the fourth is unchanged, the fifth with the repair, from the sixth on all are unchanged
        (
            {3},
            Unproven,
        ),  # what was seen to fail with the repair alone is neither laid at its door nor passed over
    ],
)
def test_a_test_that_fails_by_itself_now_and_then_is_seen_to(
    failing: set[int], outcome: type, tmp_path: Path
) -> None:
    suite = TESTS + SELDOM.format(count=str(tmp_path / "count"), failing=failing)
    with proving(tmp_path / "service", MAIN, suite) as prover:
        verdict = prover.prove(patch("    found = 1\n    return found\n", "    return 1\n"))
        assert isinstance(verdict, outcome), verdict.reason


def test_a_test_that_fails_with_two_repairs_now_and_then_does_so_by_itself(tmp_path: Path) -> None:
    """The third run is the first with a repair, the ninth that with the second; the first was taken out again."""
    suite = TESTS + SELDOM.format(count=str(tmp_path / "count"), failing={3, 9})
    with proving(tmp_path / "service", MAIN, suite) as prover:
        first = prover.prove(patch("    found = 1\n    return found\n", "    return 1\n"))
        assert isinstance(first, Unproven), first.reason
        assert "test_seldom ended now this way and now that with it" in first.reason
        second = prover.prove(patch("    found = 1\n    return found\n", "    return 2 - 1\n"))
        assert isinstance(second, Proved), second.reason
