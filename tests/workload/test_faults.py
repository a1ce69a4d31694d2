"""Processes that die in the middle of their work: what they had written is read, and what they had not is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.errors import TargetError
from pitstop.target.discover import discover
from pitstop.target.workspace import Workspace
from pitstop.traces import tally
from pitstop.workload.drive import require, start
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import BrokeOff, Driven, NotStarted, Passed, Replay, Tests, Workload
from tests.target.trees import PYTHON, write

QUICK = ProbeSettings(watchdog_ms=0)
APP = """
import os
import signal
import time
from fastapi import FastAPI

app = FastAPI()

@app.get("/fine")
async def fine() -> int:
    return 1

@app.get("/killed")
async def killed() -> None:
    time.sleep(0.5)  # what came before is written by then
    os.kill(os.getpid(), signal.SIGKILL)

@app.get("/left")
async def left() -> None:
    os._exit(0)

@app.get("/exits")
async def exits() -> None:
    raise SystemExit(0)
"""
TEST = """
from fastapi.testclient import TestClient
from main import app

client = TestClient(app)

def test_fine():
    assert client.get("/fine").json() == 1

def test_over():
    assert client.get("/fine").json() == 1
    client.get("/{way}")

def test_never_run():
    assert client.get("/fine").json() == 1
"""


def run(root: Path, test: str, workload: Workload | None = None) -> Driven:
    """Run a service's tests, or recorded requests, to their end."""
    write(root, {"main.py": APP, "test_main.py": test})
    target = discover(root, app=None, python=PYTHON, tests=None, environment={})
    with Workspace(root) as workspace:
        return start(workload or Tests(), target, workspace.path, QUICK).wait(timeout=120)


@pytest.mark.parametrize(("way", "said"), [("killed", "killed"), ("left", "os._exit")])
def test_a_run_whose_process_ends_in_the_middle(tmp_path: Path, way: str, said: str) -> None:
    driven = run(tmp_path, TEST.replace("{way}", way))
    assert [(exchange.test, exchange.path) for exchange in driven.run.exchanges] == [
        ("test_main.py::test_fine", "/fine"),
        ("test_main.py::test_over", "/fine"),
    ]
    assert [(test.id, test.outcome) for test in driven.run.tests] == [("test_main.py::test_fine", "passed")]
    assert isinstance(driven.ending, BrokeOff)
    assert said in driven.ending.cause
    assert driven.ending.last == "test_main.py::test_over"
    assert driven.ending.reached == "1 tests, 2 requests and 1 more that left no record"
    (dropped,) = driven.run.dropped
    assert (dropped.requests, dropped.why) == (1, "the process ended before they were answered and written")
    with pytest.raises(TargetError, match="broke off after 1 tests"):
        require(driven.ending)


@pytest.mark.parametrize(("way", "said"), [("killed", "killed"), ("left", "code 0"), ("exits", "code 0")])
def test_a_replay_whose_process_ends_in_the_middle(tmp_path: Path, way: str, said: str) -> None:
    requests = tmp_path / "requests.jsonl"
    requests.write_text(
        "".join(f'{{"method": "GET", "path": "/{path}"}}\n' for path in ("fine", "fine", way, "fine"))
    )
    driven = run(tmp_path / "service", TEST, Replay(requests=requests))
    assert [exchange.path for exchange in driven.run.exchanges][:2] == ["/fine", "/fine"]
    assert len(driven.run.exchanges) + sum(each.requests for each in driven.run.dropped) == 3
    assert isinstance(driven.ending, BrokeOff)
    assert said in driven.ending.cause


@pytest.mark.parametrize("way", ["killed", "left"])
def test_a_replay_that_ends_in_its_first_request(tmp_path: Path, way: str) -> None:
    requests = tmp_path / "requests.jsonl"
    requests.write_text(f'{{"method": "GET", "path": "/{way}"}}\n')
    driven = run(tmp_path / "service", TEST, Replay(requests=requests))
    assert driven.run.exchanges == ()
    assert isinstance(driven.ending, BrokeOff)
    assert driven.ending.reached == "0 requests and 1 more that left no record"


def test_a_process_that_ends_before_its_first_test_is_not_said_to_have_run(tmp_path: Path) -> None:
    driven = run(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert isinstance(driven.ending, NotStarted)
    assert "killed" in driven.ending.cause


def test_workers_that_are_killed_are_told_of_and_the_run_is_none_the_worse(tmp_path: Path) -> None:
    test = """
        import os
        import signal
        import warnings
        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app)

        def test_worker():
            warnings.simplefilter("ignore")
            assert client.get("/fine").json() == 1
            child = os.fork()
            if not child:
                client.get("/killed")
            assert os.waitpid(child, 0)[1] == signal.SIGKILL
            assert client.get("/fine").json() == 1
    """
    driven = run(tmp_path, test)
    assert driven.ending == Passed(passed=1), driven.completed.output
    assert [exchange.path for exchange in driven.run.exchanges] == ["/fine", "/fine"]
    assert [each.requests for each in driven.run.dropped] == [1]


@pytest.mark.parametrize("cut", [1, 60])
def test_a_half_record_is_skipped_and_said(tmp_path: Path, cut: int) -> None:
    test = """
        import os
        import signal
        import time
        from pathlib import Path
        from fastapi.testclient import TestClient
        from main import app
        from pitstop_probe.start import PROBE

        client = TestClient(app)

        def test_half():
            for _ in range(2):
                client.get("/fine")
                PROBE.output.flush()
            (file,) = Path(PROBE.config.out).glob("*.jsonl")
            os.truncate(file, file.stat().st_size - CUT)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    driven = run(tmp_path, test.replace("CUT", str(cut)))
    assert isinstance(driven.ending, BrokeOff)
    assert [exchange.key for exchange in driven.run.exchanges] == ["test_main.py::test_half#1"]
    (skipped,) = driven.run.skipped
    assert "cannot be read" in skipped.reason
    assert [each.requests for each in driven.run.dropped] == [1]


def test_the_numbers_of_processes_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(tally, "_MEMORY", memory)
    driven = run(tmp_path / "service", TEST.replace("{way}", "left"))
    assert [each.requests for each in driven.run.dropped] == [1]
    assert list(memory.iterdir()) == []


def test_where_nothing_can_be_kept_in_memory_the_disk_has_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "_MEMORY", tmp_path / "not there")
    driven = run(tmp_path / "service", TEST.replace("{way}", "left"))
    assert [each.requests for each in driven.run.dropped] == [1]
