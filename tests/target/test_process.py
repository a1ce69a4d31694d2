from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from pitstop.errors import TargetError
from pitstop.target.process import Completed, Running, mask, run


def python(code: str, cwd: Path, timeout: float | None = 60, **named: object) -> Completed:
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"} | named.pop("environment", {})  # type: ignore[operator]  # a dict
    return run([sys.executable, "-c", code], cwd=cwd, environment=environment, timeout=timeout, **named)  # type: ignore[arg-type]  # run's own names


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet reaped by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_both_streams_in_order_and_the_exit_code(tmp_path: Path) -> None:
    lines: list[str] = []
    done = python(
        "import sys; print('one'); print('two', file=sys.stderr); print('é \\udcff'.encode('utf-8', 'replace')); sys.exit(7)",
        tmp_path,
        on_line=lines.append,
    )
    assert (done.returncode, done.timed_out) == (7, False)
    assert lines[:2] == ["one", "two"]
    assert done.output == "\n".join(lines)


def test_output_that_is_not_text(tmp_path: Path) -> None:
    done = python("import sys; sys.stdout.buffer.write(b'\\xff\\xfe ok')", tmp_path)
    assert done.output.endswith(" ok")


def test_a_flood_is_kept_in_bounds_and_can_be_stopped(tmp_path: Path) -> None:
    done = python("while True: print('x' * 100_000)", tmp_path, timeout=0.5)
    assert done.timed_out
    assert len(done.output) < 9_000_000


def test_the_time_of_what_was_started_ahead_counts_from_the_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = Running([sys.executable, "-c", "print('told')"], cwd=tmp_path, environment={})
    monkeypatch.setattr(ahead, "_started", time.monotonic() - 1000)
    done = ahead.wait(60)
    assert (done.returncode, done.timed_out, done.output) == (0, False, "told")


def test_no_standard_input_to_wait_for(tmp_path: Path) -> None:
    assert python("print(repr(input()))", tmp_path).returncode == 1


def test_timeout_ends_children_that_ignore_signals_and_left_the_group(tmp_path: Path) -> None:
    code = """
import os, signal, subprocess, sys, time
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
hold = [sys.executable, "-c", "import signal, time; signal.signal(2, signal.SIG_IGN); signal.signal(15, signal.SIG_IGN); time.sleep(300)"]
print(os.getpid(), subprocess.Popen(hold).pid, subprocess.Popen(hold, start_new_session=True).pid)
time.sleep(300)
"""
    done = python(code, tmp_path, timeout=1.5)
    assert done.timed_out
    assert done.returncode == -signal.SIGKILL
    pids = [int(pid) for pid in done.output.split()]
    assert len(pids) == 3
    assert all(gone(pid) for pid in pids)


def test_a_child_left_running_does_not_keep_us(tmp_path: Path) -> None:
    code = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True).pid)
"""
    done = python(code, tmp_path)
    assert done.returncode == 0
    assert gone(int(done.output))


def test_the_end_is_asked_for_before_it_is_forced(tmp_path: Path) -> None:
    code = """
import time
try:
    print("started"); time.sleep(300)
except KeyboardInterrupt:
    print("closing in order")
"""
    done = python(code, tmp_path, timeout=1.5)
    assert done.output.splitlines() == ["started", "closing in order"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_while_waiting_ends_the_command(tmp_path: Path, error: type[BaseException]) -> None:
    seen: list[int] = []

    def fail(line: str) -> None:
        seen.append(int(line))
        raise error

    with pytest.raises(error):
        python("import os, time; print(os.getpid()); time.sleep(300)", tmp_path, on_line=fail)
    assert gone(seen[0])


def test_ctrl_c_ends_the_command(tmp_path: Path) -> None:
    seen: list[int] = []

    def note(line: str) -> None:
        seen.append(int(line))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        python("import os, time; print(os.getpid()); time.sleep(300)", tmp_path, on_line=note)
    assert gone(seen[0])


def test_two_at_once(tmp_path: Path) -> None:
    started = [
        Running([sys.executable, "-c", f"print({n})"], cwd=tmp_path, environment=dict(os.environ))
        for n in range(2)
    ]
    assert [running.wait(60).output for running in started] == ["0", "1"]


def test_a_context_ends_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(300)"]
    with Running(command, cwd=tmp_path, environment=dict(os.environ)) as running:
        assert running.poll() is None
    assert gone(running.pid)


@pytest.mark.parametrize("command", [["/nowhere/python"], ["bad\0name"]])
def test_a_command_that_cannot_be_started(tmp_path: Path, command: list[str]) -> None:
    with pytest.raises(TargetError, match="cannot be started"):
        run(command, cwd=tmp_path, environment={}, timeout=1)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    secret = {
        "SECRET_KEY": "s3cr3t-value",
        "API_TOKEN": "tok-123456",
        "DB_PASSWORD": "hunter22",
        "PLAIN": "visible",
    }
    lines: list[str] = []
    done = python(
        "import os; print(os.environ['SECRET_KEY'], os.environ['API_TOKEN'], os.environ['DB_PASSWORD'], os.environ['PLAIN'],"
        " 'postgresql+asyncpg://me:pa55@127.0.0.1/x')",
        tmp_path,
        environment=secret,
        on_line=lines.append,
    )
    assert done.output == "*** *** *** visible postgresql+asyncpg://me:***@127.0.0.1/x"
    assert lines == [done.output]


def test_a_short_secret_does_not_blot_out_the_text() -> None:
    assert mask("test_app passed", {"SECRET_KEY": "test"}) == "test_app passed"


def test_fixed_addresses(tmp_path: Path) -> None:
    def where() -> tuple[str, bool]:
        done = python(
            "print(hex(id(object())))", tmp_path, fixed_addresses=True, environment={"PYTHONHASHSEED": "1"}
        )
        return done.output, done.fixed_addresses

    (first, fixed), (second, _) = where(), where()
    assert not fixed or first == second
