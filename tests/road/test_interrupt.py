"""Ctrl-C and the like: it ends within seconds, says what is known, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import msgspec
import pytest

from pitstop import cli
from pitstop.data import Finding, Patch, Report
from pitstop.mending import Mending
from pitstop.proof.prover import Prover
from pitstop.verdicts import NotFaster, Verdict
from tests.road.command import Home, snapshot, wait_for
from tests.road.service import lay, write

pytestmark = pytest.mark.xdist_group("road-interrupt")

ENDS_WITHIN_S = 30.0
"""Seconds, on a machine with other work to do; a calm one needs two or three."""

STUBBORN = """\
    import os
    import signal
    import subprocess
    import sys
    import time

    from tests.test_shop import client

    WAIT = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"


    def test_zz_stubborn(client):
        client.get("/tags")
        if os.environ.get("SLEEPS"):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            subprocess.Popen([sys.executable, "-c", WAIT], start_new_session=True)
            print("asleep", flush=True)
            time.sleep(600)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(lay(tmp_path / "service"), {"tests/__init__.py": "", "tests/test_stubborn.py": STUBBORN})


@pytest.mark.parametrize("verb", ["measure", "tune"])
@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, False), (signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["int", "int-group", "term"],
)
def test_while_the_service_runs(
    home: Home, root: Path, verb: str, number: signal.Signals, *, group: bool
) -> None:
    """Its tests ignore Ctrl-C, and so does a process of theirs that left the group."""
    before = snapshot(root)
    home.environment["SLEEPS"] = "1"
    started = home.start(verb, str(root))
    started.wait_until_said("measure")
    assert _wait_for_children(home, 3), started.said()
    started.signal(number, group=group)
    ended = started.end(ENDS_WITHIN_S)
    assert ended.code == 1, ended.err
    assert "interrupted" in ended.err
    assert "n-plus-one-loop" in ended.out
    assert "Traceback" not in ended.err
    home.is_clean()
    assert snapshot(root) == before


@pytest.mark.parametrize(("group", "times"), [(False, 2), (True, 1)], ids=["alone-twice", "group"])
def test_while_it_is_timed(home: Home, root: Path, times: int, *, group: bool) -> None:
    before = snapshot(root)
    started = home.start("tune", str(root), "--launches", "64", "--apply")
    started.wait_until_said("timing, launch")
    for _ in range(times):
        started.signal(signal.SIGINT, group=group)
        time.sleep(0.2)
    ended = started.end(ENDS_WITHIN_S)
    assert ended.code == 1 or times > 1, ended.err
    assert "interrupted" in ended.err
    assert "GET /orders" in ended.out or times > 1
    assert "Traceback" not in ended.err
    home.is_clean()
    assert snapshot(root) == before


def test_an_impatient_person(home: Home, root: Path) -> None:
    """A second Ctrl-C falls into the cleaning up after the first."""
    home.environment["SLEEPS"] = "1"
    started = home.start("tune", str(root))
    started.wait_until_said("measure")
    assert _wait_for_children(home, 3), started.said()
    started.signal(signal.SIGINT, group=False)
    time.sleep(0.5)
    started.signal(signal.SIGINT, group=False)
    ended = started.end(ENDS_WITHIN_S)
    assert ended.code in (1, 130), ended.err
    home.is_clean()


def _wait_for_children(home: Home, count: int) -> bool:
    return wait_for(lambda: len(home.processes()) >= count, 60)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor reads in one process")
@pytest.mark.parametrize("group", [False, True], ids=["alone", "group"])
def test_while_several_processes_read(home: Home, tmp_path: Path, *, group: bool) -> None:
    lines = "".join(f"def f{n}(a, b):\n    return [a + b for c in (a, b) if c]\n" for n in range(400))
    root = write(tmp_path / "large", {f"m{n}.py": f"N = {n}\n{lines}" for n in range(300)})
    started = home.start("inspect", str(root))
    assert _wait_for_children(home, 3), started.said()
    time.sleep(0.4)  # until they are at it
    started.signal(signal.SIGINT, group=group)
    ended = started.end(ENDS_WITHIN_S)
    assert ended.code == 130, ended.err
    assert "interrupted" in ended.err
    assert "Traceback" not in ended.err
    home.is_clean()


def test_what_was_dropped_before_it_was_cut_short_is_not_tried_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole, foreseen = Mending.mend, Prover.foreseen

    def one_then_interrupted(mending: Mending, todo: list[Finding]) -> None:
        whole(mending, todo[:1])
        raise KeyboardInterrupt

    def no_gain(_prover: Prover, patch: Patch) -> Verdict:
        return NotFaster(
            patch=patch.id,
            finding=patch.finding,
            problem=patch.problem,
            title=patch.title,
            reason="as before",
        )

    monkeypatch.setattr(Mending, "mend", one_then_interrupted)
    monkeypatch.setattr(Prover, "foreseen", no_gain)
    only = ["tune", str(root), "--only", "n-plus-one-loop", "--format", "json", "--quiet"]
    assert cli.main(only) == 1
    assert "interrupted" in capsys.readouterr().err
    monkeypatch.setattr(Mending, "mend", whole)
    monkeypatch.setattr(Prover, "foreseen", foreseen)
    cli.main(only)
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert ["dropped, not faster: as before" in each.reason for each in report.declined] == [True]
