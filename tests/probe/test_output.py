"""The file of records: forks, killed processes, failures of the probe itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pitstop.traces.reading import read_run
from pitstop_probe import output as output_module
from pitstop_probe.output import Output

from .runner import Runner


def test_a_fork_writes_a_file_of_its_own(runner: Runner) -> None:
    run = runner.script(
        """
        import os, warnings
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient
        from shop import app
        client = TestClient(app)
        client.get("/api/items/sync")
        child = os.fork()
        client.get("/api/items/sync")
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        """,
        watchdog_ms=20,
    )
    assert len(run.processes) == 2
    assert len({process.pid for process in run.processes}) == 2
    assert sorted(run.owners.values()).count(run.processes[0].pid) in (1, 2)
    assert len(run.exchanges) == 3
    for position, exchange in enumerate(run.exchanges):
        (statement,) = [each for each in exchange.statements if each.operation == "SELECT"]
        assert runner.lines_of(run, position, statement.stack)[0] == (
            "shop.py",
            runner.line("shop.py", "sync helper"),
        )


def test_multiprocessing_children(runner: Runner) -> None:
    runner.write(
        "children.py",
        """
        import multiprocessing
        def ask():
            from fastapi.testclient import TestClient
            from shop import app
            TestClient(app).get("/nothing")
        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                child = multiprocessing.get_context(method).Process(target=ask)
                child.start()
                child.join()
        """,
    )
    run = runner.run("children.py")
    assert [exchange.status for exchange in run.exchanges] == [404, 404]
    assert len(set(run.owners.values())) == 2


def test_a_killed_process_leaves_what_it_had_written(runner: Runner) -> None:
    script = """
    import sys, time
    from fastapi.testclient import TestClient
    from shop import app
    client = TestClient(app)
    for _ in range(20):
        client.get("/api/items/sync")
    time.sleep(1)
    print("ready", flush=True)
    while True:
        client.get("/api/items/sync")
    """
    path = runner.folder / "script.py"
    path.write_text("\n".join(line[4:] for line in script.splitlines()))
    with runner.start(str(path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
    run = read_run(runner.out)
    assert len(run.exchanges) >= 20
    assert len(run.skipped) <= 1
    assert not run.faults


@pytest.mark.parametrize(
    "broken",
    [
        "stacks.Stacks.here",
        "changes.Changes.note",
        "state.Probe.remember",
        "encoding.Texts.headers",
        "loop.Watchdog.enter",
        "loop.Heart.start",
        "openapi.Documents._write",
        "files.Files._bears_own_name",
        "asgi.Recorder._learn_route",
        "encoding.Texts.alike",
    ],
)
def test_a_failure_of_the_probe_is_not_the_apps(runner: Runner, broken: str) -> None:
    module, owner, method = broken.split(".")
    run = runner.script(
        f"""
        import pitstop_probe.{module} as broken
        def fail(*args, **named):
            raise ZeroDivisionError("injected")
        broken.{owner}.{method} = fail
        from fastapi.testclient import TestClient
        from shop import app
        with TestClient(app) as client:
            for _ in range(3):
                assert client.post("/api/items/bulk").status_code == 200
                assert client.get("/api/items/sync").json() >= 3
        """,
        watchdog_ms=20,
        seed=7,
    )
    assert "injected" in "".join(fault.error for fault in run.faults)


def test_bad_orders_do_not_keep_the_app_from_starting(runner: Runner) -> None:
    bad = runner.folder / "bad.json"
    bad.write_text("{")
    runner.variables["PITSTOP_PROBE"] = str(bad)
    runner.out.mkdir()
    runner.script("print('started')")
    assert "started" in runner.output
    assert "pitstop's probe did not start" in runner.output


def test_another_sitecustomize_runs_first(runner: Runner) -> None:
    runner.write("sitecustomize.py", "import sys\nsys.other = 'pitstop_probe.start' in sys.modules\n")
    run = runner.script("import sys, sitecustomize; print(sys.other, sitecustomize.__file__)")
    assert len(run.processes) == 1
    assert str(runner.root / "sitecustomize.py") in runner.output
    runner.write("sitecustomize.py", "raise ValueError('theirs')")
    assert len(runner.script("print('still')").processes) == 1
    assert "still" in runner.output
    assert "theirs" in runner.output


def test_nothing_is_imported_early(runner: Runner) -> None:
    runner.script(
        "import sys; print(sorted(m for m in ('asyncio', 'fastapi', 'sqlalchemy', 'httpx', 'ssl') if m in sys.modules))"
    )
    assert runner.output.strip() == "[]"


def test_the_probes_threads_are_not_seen(runner: Runner) -> None:
    runner.script(
        """
        import threading
        from fastapi.testclient import TestClient
        from shop import app
        before = threading.active_count()
        TestClient(app).get("/nothing")
        assert threading.active_count() == before, threading.enumerate()
        """,
        watchdog_ms=20,
    )


class Heavy:
    size = 1000

    def encode(self) -> bytes:
        return b"{}\n"


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "PENDING_BYTES", 5_000)
    monkeypatch.setattr(Output, "_run", lambda _self: None)
    output = Output(str(tmp_path))
    for _ in range(12):
        output.take(Heavy(), Heavy.size)
    output.flush()
    output.put({"type": "fault", "where": "after", "error": ""})
    output.flush()
    (file,) = tmp_path.glob("*.jsonl")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert records[:5] == [{}] * 5
    assert records[5]["requests"] == 7
    assert records[6]["where"] == "after"
    assert file.name == f"{os.getpid()}.jsonl"
    assert sys.getsizeof(output) < 10_000
