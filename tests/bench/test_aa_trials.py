"""The A/A trials try what they say: nothing, or a share of the work of a route that changes no answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from bench import aa_trials
from bench.aa_trials import OWN, WORK, Figure, Kind, Result, known, order, right, summary, units_for
from pitstop.data import Patch
from pitstop.verdicts import Interval

SOURCE = (OWN / "app.py").read_text("utf-8")
AROUND = Interval(ratio=1.0, low=0.99, high=1.01)


def result(kind: Kind, number: int, verdict: str, ratio: float = 1.0, units: int = 0) -> Result:
    routes = {"nothing": "GET /computed"} | {kind: work.route for kind, work in WORK.items()}
    interval = Interval(ratio=ratio, low=ratio - 0.01, high=ratio + 0.01)
    return Result(
        kind=kind,
        number=number,
        units=units,
        verdict=verdict,
        reason="",
        seconds=30.0,
        digest="d",
        figures=(Figure(route=routes[kind], metric="cpu", interval=interval, control=AROUND),),
    )


def test_half_of_the_work_changes_no_answer(tmp_path: Path) -> None:
    shutil.copytree(OWN, tmp_path / "service", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    text = SOURCE
    for work in WORK.values():
        text = work.less(text, work.units // 2)
    assert "range(200):" in text
    assert "Reading.id <= 30_000" in text
    (tmp_path / "service" / "app.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "service",
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_work_that_is_not_there_is_not_taken_away() -> None:
    with pytest.raises(ValueError, match="occurs 0 times"):
        WORK["computed"].less("range(300):", 10)


def patched(kind: Kind, number: int, units: int = 0) -> Patch:
    """The patch of a trial on our own service."""
    bench = aa_trials.Bench.__new__(aa_trials.Bench)
    bench._path, bench._text, bench._routes = "app.py", SOURCE, ("GET /computed", "GET /scanned")
    return bench._patch(kind, number, units)


def test_a_patch_that_does_nothing_only_adds_a_constant() -> None:
    texts = [change.after or "" for number in (1, 2, 3) for change in patched("nothing", number).changes]
    assert all(text.startswith(SOURCE) for text in texts)
    assert len({len(text) for text in texts}) == 3
    for text in texts:
        (line,) = text.removeprefix(SOURCE).split("\n\n")[-1].splitlines()
        assert line.startswith("_TRIAL_")
    assert "statements" in patched("nothing", 1).aims
    assert patched("nothing", 1).routes == ("GET /computed", "GET /scanned")


def test_a_patch_that_makes_a_route_faster_aims_at_its_times() -> None:
    made = patched("scanned", 2, 3_000)
    assert "Reading.id <= 57_000" in (made.changes[0].after or "")
    assert (made.aims, made.routes) == (("cpu", "duration"), ("GET /scanned",))


def test_the_kinds_come_in_turns() -> None:
    assert list(islice(order(3, 2), 5)) == [
        ("nothing", 1),
        ("scanned", 1),
        ("nothing", 2),
        ("computed", 2),
        ("nothing", 3),
    ]
    kinds = [kind for kind, _ in order(100, 100)]
    assert [kinds.count(kind) for kind in ("nothing", "computed", "scanned")] == [100, 50, 50]


def test_how_much_work_makes_the_gain_is_measured() -> None:
    # half of 400 units took 40 % of the time, so an eighth of those takes 5 %
    assert units_for(result("computed", 0, "Proved", ratio=0.6, units=200)) == 25
    with pytest.raises(ValueError, match="not timed"):
        units_for(msgspec.structs.replace(result("computed", 0, "Unproven"), figures=()))


def test_only_not_faster_is_right_of_nothing_and_only_proved_of_a_gain() -> None:
    said = ("Proved", "NotFaster", "Unproven", "Changed")
    assert [result("nothing", 1, each).is_right for each in said] == [False, True, False, False]
    assert [result("scanned", 1, each).is_right for each in said] == [True, False, False, False]


def test_the_numbers_leave_out_what_was_tried_to_calibrate() -> None:
    found = [
        result("nothing", 1, "NotFaster"),
        result("nothing", 2, "Proved"),
        result("computed", 0, "Proved"),
        result("computed", 2, "Proved"),
        result("scanned", 1, "NotFaster"),
    ]
    assert list(summary(found)) == [
        "1 false verdicts in 2 trials of nothing",
        "1 of 1 times a true 5% of GET /computed was found",
        "0 of 1 times a true 5% of GET /scanned was found",
        "1 of 2 in all",
        "2 minutes",
    ]


@pytest.mark.parametrize(("false", "found", "is_so"), [(2, 90, True), (3, 90, False), (2, 89, False)])
def test_two_of_a_hundred_may_be_false_and_nine_of_ten_must_be_found(
    false: int, found: int, is_so: bool
) -> None:
    nothing = [result("nothing", n, "Proved" if n <= false else "NotFaster") for n in range(1, 101)]
    faster = [result("computed", n, "Proved" if n <= found else "NotFaster") for n in range(1, 101)]
    assert right(nothing, faster) is is_so


def test_a_run_that_was_cut_short_goes_on_where_it_stood(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    assert known(results, "d") == {}
    one = result("scanned", 3, "Proved")
    other = msgspec.structs.replace(one, number=4, digest="of another service")
    results.write_bytes(b"\n".join(msgspec.json.encode(each) for each in (one, other)) + b"\n")
    assert known(results, "d") == {("scanned", 3): one}
    assert aa_trials.digest(OWN, 4) != aa_trials.digest(OWN, 5)
