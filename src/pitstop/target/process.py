"""Starting, watching and ending commands, so that nothing of theirs is left running and no secret is shown."""

from __future__ import annotations

import contextlib
import functools
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

import msgspec

from pitstop.errors import TargetError

_MARK = "PITSTOP_RUN"
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|KEY|CREDENTIAL", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)([^\s/:@]*):([^\s/@]+)@")
_SHORTEST_SECRET = 6
_TAIL_LINES = 2_000
_LONGEST_LINE = 4_000
_GRACE_S = 3.0
_BACKLOG = 2_000


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended.

    `returncode` is as `subprocess` has it, negative for a signal. `output` is the end of what it printed (both streams,
    in order), secrets masked. `fixed_addresses` says whether address-space randomisation was off as asked.
    """

    command: tuple[str, ...]
    returncode: int
    timed_out: bool
    duration_s: float
    output: str
    fixed_addresses: bool = False


def mask(text: str, environment: Mapping[str, str]) -> str:
    """`text` without passwords of URLs and without the values of variables that are secret by their name."""
    return _mask(text, _secrets(environment))


def _secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    values = {
        value
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    }
    return tuple(sorted(values, key=len, reverse=True))


def _mask(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return _USERINFO.sub(r"\1:***@", text)


@functools.cache
def _unrandomised() -> tuple[str, ...]:
    """What to put before a command for fixed addresses; nothing where the system does not allow it."""
    tool = shutil.which("setarch")
    if tool is None:
        return ()
    try:
        done = subprocess.run([tool, "-R", "true"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ()
    return (tool, "-R") if done.returncode == 0 else ()


class Running:
    """A command that was started. `wait` for its end, or `stop` it; as a context manager it is stopped at the latest."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None] | None = None,
        fixed_addresses: bool = False,
    ) -> None:
        """Start the command in a session of its own. Raises TargetError when it cannot be started."""
        self.command = tuple(map(str, command))
        prefix = _unrandomised() if fixed_addresses else ()
        self._fixed = bool(prefix)
        self._secrets = _secrets(environment)
        self._on_line = on_line
        self._mark = uuid.uuid4().hex
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._lines: queue.Queue[str | None] = queue.Queue(maxsize=_BACKLOG)
        self._ended = False
        self._started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                [*prefix, *self.command],
                cwd=cwd,
                env={**environment, _MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise TargetError(
                f"{self.command[0]} cannot be started: {reason}", f"Run it by hand in {cwd}."
            ) from error
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the command, which is that of its session and group too."""
        return self._process.pid

    def _read(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(ValueError, OSError):
            while line := stream.readline(_LONGEST_LINE):
                self._lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        self._lines.put(None)

    def _take(self, timeout: float) -> bool:
        """Take one line that was printed; False when there was none or there will be no more."""
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return False
        if line is None:
            self._ended = True
            return False
        masked = _mask(line, self._secrets)
        self._tail.append(masked)
        if self._on_line is not None:
            self._on_line(masked)
        return True

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        for _ in range(_BACKLOG):
            if not self._take(0.0):
                break
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> Completed:
        """Wait for the end, `timeout` seconds at most: then the command is stopped.

        They count from here, not from its start: one that was started ahead may have had little of the machine meanwhile.

        Whatever ends the wait, an exception of `on_line` or Ctrl-C included, ends the command and its children too.
        """
        timed_out = False
        began = time.monotonic()
        try:
            while self.poll() is None:
                left = None if timeout is None else began + timeout - time.monotonic()
                if left is not None and left <= 0:
                    timed_out = True
                    break
                self._idle(0.05 if left is None else min(0.05, max(left, 0.001)))
            if not timed_out:
                self._kill()  # a child left behind would hold the pipe open
                self._drain()
        finally:
            self.stop()
        return self._completed(timed_out=timed_out)

    def finish(self) -> Completed:
        """End a command that goes on until it is told, as `stop` does, and say how it ended."""
        self.stop()
        return self._completed(timed_out=False)

    def _completed(self, *, timed_out: bool) -> Completed:
        return Completed(
            command=self.command,
            returncode=self._process.returncode,
            timed_out=timed_out,
            duration_s=time.monotonic() - self._started,
            output=self.output,
            fixed_addresses=self._fixed,
        )

    def _idle(self, seconds: float) -> None:
        if self._ended:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        else:
            self._take(seconds)

    @property
    def output(self) -> str:
        """The end of what was printed so far, secrets masked."""
        return "\n".join(self._tail)

    def stop(self) -> None:
        """End the command, its group, and every process it started that left the group. Does nothing twice.

        First as Ctrl-C does, so that tests can close and the probe can write its last records; then without asking.
        """
        self._on_line = None  # whatever made us stop, nobody listens to the end of it
        try:
            for number, grace in ((signal.SIGINT, _GRACE_S), (signal.SIGTERM, 1.0)):
                if self._process.poll() is not None:
                    break
                self._signal(number)
                # what it prints at its end is taken meanwhile: a full pipe would keep it from ending
                end = time.monotonic() + grace
                while self._process.poll() is None and time.monotonic() < end:
                    self._idle(0.02)
        finally:
            self._kill()
            self._process.wait()
            self._drain()

    def _drain(self) -> None:
        """Take what is left in the pipe; one who holds it open without being ours does not keep us."""
        end = time.monotonic() + 1.0
        while not self._ended and time.monotonic() < end:
            self._take(0.02)
        self._reader.join(0.1)
        if not self._reader.is_alive() and self._process.stdout is not None:
            self._process.stdout.close()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _kill(self) -> None:
        # a group's number can only be taken again once no process is in it, so this cannot hit a stranger
        if self._process.poll() is None or _group_lives(self.pid):
            self._signal(signal.SIGKILL)
        for pid in _marked(self._mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _marked(mark: str) -> list[int]:
    """Processes that inherited the mark of a run, wherever they went. Linux only; elsewhere none are seen."""
    wanted = f"{_MARK}={mark}".encode()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    timeout: float | None,
    on_line: Callable[[str], None] | None = None,
    fixed_addresses: bool = False,
) -> Completed:
    """Run a command to its end, `timeout` seconds at most; `on_line` is called with each line it prints.

    It runs in a session of its own. Timeout, Ctrl-C or an exception end it with all it started. Raises TargetError when
    it cannot be started.
    """
    running = Running(
        command, cwd=cwd, environment=environment, on_line=on_line, fixed_addresses=fixed_addresses
    )
    return running.wait(timeout)
