"""Running a workload against a copy of the tree with the probe inside, and reading what it recorded."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import msgspec

from pitstop.errors import OvertimeError, TargetError
from pitstop.target.model import Target
from pitstop.target.process import Completed
from pitstop.traces.frames import records
from pitstop.traces.reading import read_run
from pitstop.traces.records import Run
from pitstop.workload import recorded, tests, uvicorn
from pitstop.workload.launched import Launched, ProbeSettings
from pitstop.workload.model import (
    BrokeOff,
    Driven,
    Ending,
    NeverEnded,
    NothingRan,
    NotStarted,
    Progress,
    Replay,
    Serve,
    Tests,
    Workload,
)

_TEST = re.compile(rb'"type": ?"test"')


class Drive:
    """A workload under way. `wait` for it, or `stop` it; its temporary folder goes with it."""

    def __init__(
        self,
        workload: Workload | Serve,
        target: Target,
        workspace_path: Path,
        probe: ProbeSettings,
        *,
        environment: Mapping[str, str] | None = None,
        database: str | None = None,
        fixed_addresses: bool = False,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        """Start the workload. Raises TargetError when it cannot be started."""
        self.workload = workload
        self.target = target
        self.workspace_path = workspace_path.resolve()
        if isinstance(workload, Replay) and workload.offline:
            probe = msgspec.structs.replace(probe, offline=True)
        command, cwd = self._command(os.environ if environment is None else environment)
        self._launched = Launched(
            command,
            cwd,
            target,
            workspace_path,
            probe,
            environment=environment,
            database=database,
            fixed_addresses=fixed_addresses,
            on_line=on_line,
        )
        self._running = self._launched.running
        self._watch = _Watch(self._launched.out)

    def _command(self, environment: Mapping[str, str]) -> tuple[list[str], Path]:
        if isinstance(self.workload, Tests):
            suite = self.target.tests
            command = tests.pytest_command(self.target, self.workload.selection, environment)
            return command, self.workspace_path / (suite.cwd if suite else ".")
        if isinstance(self.workload, Serve):
            command = uvicorn.command(self.target, self.workload.port)
        else:
            command = recorded.replay_command(self.target, self.workload.requests)
        return command, self.workspace_path / self.target.start

    @property
    def pid(self) -> int:
        """The process id of the workload's first process."""
        return self._running.pid

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._running.poll()

    def progress(self) -> Progress:
        """How far it is, by what the probe has written so far."""
        return self._watch.look()

    def wait(
        self, *, timeout: float | None = None, on_progress: Callable[[Progress], None] | None = None
    ) -> Driven:
        """Wait for the end and read the records, for `timeout` seconds at most.

        Raises TargetError when code was loaded from the user's own tree instead of the copy.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        try:
            if on_progress is not None:
                self._report(ends, on_progress)
            completed = self._running.wait(None if ends is None else max(ends - time.monotonic(), 0.0))
            run = read_run(self._watch.out, self._launched.counts)
        finally:
            self.stop()
        check_loaded(run, self.target, self.workspace_path)
        return Driven(ending=self._ending(completed, run), run=run, completed=completed)

    def finish(self) -> Driven:
        """Tell what would go on for ever to end, and read the records. Raises TargetError as `wait` does."""
        try:
            completed = self._running.finish()
            run = read_run(self._watch.out, self._launched.counts)
        finally:
            self.stop()
        check_loaded(run, self.target, self.workspace_path)
        return Driven(ending=self._ending(completed, run), run=run, completed=completed)

    @property
    def output(self) -> str:
        """The end of what it printed so far, secrets masked."""
        return self._running.output

    def _report(self, ends: float | None, on_progress: Callable[[Progress], None]) -> None:
        last: Progress | None = None
        while self._running.poll() is None and (ends is None or time.monotonic() < ends):
            now = self._watch.look()
            if now != last:
                on_progress(now)
                last = now
            time.sleep(0.1)
        on_progress(self._watch.look())

    def _ending(self, completed: Completed, run: Run) -> Ending:
        if isinstance(self.workload, Tests):
            return tests.ending(completed, run)
        if isinstance(self.workload, Serve):
            return uvicorn.ending(completed, run)
        return recorded.ending(completed, run)

    def stop(self) -> None:
        """End it at once, and remove what it recorded. Does nothing twice."""
        self._launched.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Watch:
    """Counts the records as they are written, reading each byte once."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._read: dict[Path, int] = {}
        self._tests = 0
        self._requests = 0
        self._label = ""

    def look(self) -> Progress:
        """Take in what was written since the last look."""
        for path in sorted(self.out.glob("*.jsonl")):
            with contextlib.suppress(OSError), path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                for line, request in records(file):
                    if request is not None:
                        self._requests += 1
                    elif line.endswith(b"\n"):
                        self._count(line)
                    else:
                        break
                    self._read[path] = file.tell()
        return Progress(tests=self._tests, requests=self._requests, label=self._label)

    def _count(self, line: bytes) -> None:
        if _TEST.search(line[:200]):
            self._tests += 1
            with contextlib.suppress(ValueError, KeyError):
                self._label = str(json.loads(line)["id"])


def check_loaded(run: Run, target: Target, workspace_path: Path) -> None:
    """Raise TargetError when the app's code did not come from the copy: all that was measured would be another code's."""
    copy = workspace_path.resolve()
    root = target.root.resolve()
    package = target.app.spec.partition(":")[0].partition(".")[0] if target.app else ""
    stray: list[Path] = []
    for name in run.files:
        file = Path(name)
        real = file.resolve()
        if real.is_relative_to(copy) or file.is_relative_to(workspace_path):
            continue
        installed = "site-packages" in real.parts or "dist-packages" in real.parts
        own = package and (package in real.parts or real.stem == package)
        if (real.is_relative_to(root) and not installed) or own:
            stray.append(real)
    if stray:
        more = f" and {len(stray) - 1} more" if len(stray) > 1 else ""
        raise TargetError(
            f"{stray[0]}{more} was loaded instead of the copy that pitstop measures",
            "Something puts that folder before PYTHONPATH: an absolute path in sys.path or conftest.py, or the project "
            "installed as a package. Use a path relative to the file, or install the project in editable mode.",
        )


def drive(
    workload: Workload,
    target: Target,
    workspace_path: Path,
    probe: ProbeSettings,
    *,
    timeout: float | None,
    on_progress: Callable[[Progress], None] | None = None,
    environment: Mapping[str, str] | None = None,
    database: str | None = None,
) -> Run:
    """Run a workload to its end in the copy and return what was recorded.

    `database` is the URL put into every variable the service reads its database from. Failing tests are part of the
    run; see `start` for how it ended. Raises TargetError when nothing could be run, or it did not end in time.
    """
    driven = start(workload, target, workspace_path, probe, environment=environment, database=database).wait(
        timeout=timeout, on_progress=on_progress
    )
    require(driven.ending)
    return driven.run


def start(
    workload: Workload,
    target: Target,
    workspace_path: Path,
    probe: ProbeSettings,
    *,
    environment: Mapping[str, str] | None = None,
    database: str | None = None,
    fixed_addresses: bool = False,
    on_line: Callable[[str], None] | None = None,
) -> Drive:
    """Start a workload and come back at once; two of them may run side by side."""
    return Drive(
        workload,
        target,
        workspace_path,
        probe,
        environment=environment,
        database=database,
        fixed_addresses=fixed_addresses,
        on_line=on_line,
    )


def require(ending: Ending) -> None:
    """Raise TargetError for an end after which there is nothing to judge. Tests that failed are no such end."""
    if isinstance(ending, NotStarted):
        raise TargetError(f"the service could not be started: {ending.cause}", ending.hint)
    if isinstance(ending, NothingRan):
        raise TargetError(f"nothing was run: {ending.reason}", "Name the tests: `--tests PATH`.")
    if isinstance(ending, BrokeOff):
        at = f", in {ending.last}" if ending.last else ""
        raise TargetError(f"the run broke off after {ending.reached}{at}: {ending.cause}", ending.hint)
    if isinstance(ending, NeverEnded):
        at = f", the last known test being {ending.last}" if ending.last else ""
        raise OvertimeError(
            f"the run was stopped after {ending.after_s:.0f} s with {ending.passed} tests passed{at}",
            "Give it more time (`--timeout SECONDS`), or fewer tests (`--tests PATH`).",
        )
