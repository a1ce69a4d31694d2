"""`python -m pitstop` as a person runs it, in a home of its own, with an eye on what it leaves behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pitstop.data import Report

_MARK = "ROAD_TEST_HOME"
"""Not one of `PITSTOP_*`: those are kept from the service."""
_SECONDS = 240.0
_SETTLE_S = 10.0
_CAPABILITIES = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER of linux/capability.h
_PR_CAPBSET_DROP = 24


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def report(self) -> Report:
        """The report of a command that was given `--format json`."""
        return msgspec.json.decode(self.out, type=Report)


@dataclass
class Home:
    """A folder that stands for a user's home: state, cache and temporary files of each command lie in it."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state, self.cache, self.temporary = (self.path / name for name in ("state", "cache", "tmp"))
        self.mark = uuid.uuid4().hex
        for folder in (self.state, self.cache, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GIT_"))}
        own["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # see `tests/conftest.py`
        return {
            **own,
            "XDG_STATE_HOME": str(self.state),
            "XDG_CACHE_HOME": str(self.cache),
            "TMPDIR": str(self.temporary),
            "GIT_CONFIG_GLOBAL": os.devnull,
            _MARK: self.mark,
            **self.environment,
        }

    def start(self, *arguments: str, cwd: Path | None = None, unprivileged: bool = False) -> Started:
        """Start a command and come back at once."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pitstop", *arguments],
            cwd=cwd or self.path,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            preexec_fn=_drop_capabilities if unprivileged and os.geteuid() == 0 else None,
        )
        return Started(process)

    def run(self, *arguments: str, cwd: Path | None = None, unprivileged: bool = False) -> Ended:
        """Run a command to its end, and look that it left no process and no temporary file."""
        ended = self.start(*arguments, cwd=cwd, unprivileged=unprivileged).end()
        # What an extension says of its own objects at the end is nothing for a user.
        assert "leaked" not in ended.err, ended.err
        self.is_clean()
        return ended

    def is_clean(self) -> None:
        """Fail where a process or a temporary file is left."""
        wait_for(lambda: not self.processes(), _SETTLE_S)
        assert not self.processes(), "a process is left"
        left = sorted(str(path.relative_to(self.temporary)) for path in self.temporary.rglob("*"))
        assert not left, left

    def processes(self) -> list[int]:
        """Processes that a command of this home started, wherever they went."""
        wanted = f"{_MARK}={self.mark}".encode()
        found: list[int] = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


class Started:
    """A command under way, whose output is taken as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._texts: dict[str, list[str]] = {"out": [], "err": []}
        self._readers = [
            threading.Thread(target=self._read, args=(stream, name), daemon=True)
            for stream, name in ((process.stdout, "out"), (process.stderr, "err"))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: object, name: str) -> None:
        for line in stream:  # type: ignore[attr-defined] # an open text stream
            self._texts[name].append(line)

    def said(self) -> str:
        """What it wrote to standard error so far."""
        return "".join(self._texts["err"])

    def wait_until_said(self, text: str) -> None:
        """Wait for a text on standard error."""
        assert wait_for(lambda: text in self.said() or self.process.poll() is not None, _SECONDS), self.said()
        assert text in self.said(), self.said()

    def signal(self, number: signal.Signals, *, group: bool) -> None:
        """Send a signal to the process alone, or as a terminal does to its whole group."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            os.kill(self.process.pid, number)

    def end(self, seconds: float = _SECONDS) -> Ended:
        """Wait for the end, and fail if it takes longer than that."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"it did not end within {seconds} s: {self.said()}") from None
        for reader in self._readers:
            reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return Ended(code, "".join(self._texts["out"]), self.said())


def wait_for(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; whether it is by then."""
    end = time.monotonic() + seconds
    while not (done := happened()) and time.monotonic() < end:
        time.sleep(0.05)
    return done


def _drop_capabilities() -> None:
    """Let root be bound by the modes of files, as everybody else is."""
    library = ctypes.CDLL(None)
    for number in _CAPABILITIES:
        library.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)


def snapshot(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file under a folder with its mode, time and content."""
    found: dict[str, tuple[int, int, bytes]] = {}
    for path in sorted(root.rglob("*")):
        seen = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[path.relative_to(root).as_posix()] = (seen.st_mode, seen.st_mtime_ns, content)
    return found
