"""Running a workload against a copy of the tree with the probe inside, and reading what it recorded."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import msgspec

from pitstop.errors import PitstopError, TargetError
from pitstop.target.model import Target
from pitstop.target.process import Completed, Running
from pitstop.target.variables import assign
from pitstop.temporary import TemporaryFolder
from pitstop.traces.records import Run, read_run
from pitstop.workload import recorded, tests, uvicorn
from pitstop.workload.environment import run_environment
from pitstop.workload.model import (
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

PROBE_VARIABLE = "PITSTOP_PROBE"


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What the probe is told to do; see "The probe's contract" in ARCHITECTURE.md. `out` and `root` are set by the run."""

    exclude: tuple[str, ...] = ()
    watchdog_ms: float = 20
    bodies: bool = True
    seed: int | None = None
    epoch: int | None = None
    hits: dict[str, tuple[int, ...]] = {}
    databases: tuple[str, ...] | None = None
    pair: str | None = None
    side: str = ""
    replayable: bool = False
    plans: bool = False
    work: bool = False
    phases: bool = False
    offline: bool = False


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
        self._folder = TemporaryFolder("pitstop-run-")
        root = self._folder.path
        self._watch = _Watch(root / "out")
        try:
            probe_folder = lay_probe(root / "probe")
            config = root / "probe.json"
            self._watch.out.mkdir()
            if isinstance(workload, Replay) and workload.offline:
                probe = msgspec.structs.replace(probe, offline=True)
            config.write_text(json.dumps(_orders(probe, self._watch.out, self.workspace_path)), "utf-8")
            base = dict(os.environ if environment is None else environment)
            set_now = assign(target.databases, database) if database else {}
            command, cwd = self._command()
            self._running = Running(
                command,
                cwd=cwd,
                environment=run_environment(
                    target,
                    self.workspace_path,
                    cwd,
                    base,
                    probe_folder=probe_folder,
                    seed=probe.seed,
                    extra={**set_now, PROBE_VARIABLE: str(config)},
                ),
                on_line=on_line,
                fixed_addresses=fixed_addresses,
            )
        except BaseException:
            self._folder.remove()
            raise

    def _command(self) -> tuple[list[str], Path]:
        if isinstance(self.workload, Tests):
            suite = self.target.tests
            command = tests.pytest_command(self.target, self.workload.selection)
            return command, self.workspace_path / (suite.cwd if suite else ".")
        if isinstance(self.workload, Serve):
            command = uvicorn.command(self.target, self.workload.port)
        else:
            command = recorded.replay_command(self.target, self.workload.requests)
        return command, self.workspace_path / self.target.folder

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
        """Wait for the end and read the records. `timeout` in seconds counts from the start.

        Raises TargetError when code was loaded from the user's own tree instead of the copy.
        """
        try:
            if on_progress is not None:
                self._report(timeout, on_progress)
            completed = self._running.wait(timeout)
            run = read_run(self._watch.out)
        finally:
            self.stop()
        check_loaded(run, self.target, self.workspace_path)
        return Driven(ending=self._ending(completed, run), run=run, completed=completed)

    def finish(self) -> Driven:
        """Tell what would go on for ever to end, and read the records. Raises TargetError as `wait` does."""
        try:
            completed = self._running.finish()
            run = read_run(self._watch.out)
        finally:
            self.stop()
        check_loaded(run, self.target, self.workspace_path)
        return Driven(ending=self._ending(completed, run), run=run, completed=completed)

    @property
    def output(self) -> str:
        """The end of what it printed so far, secrets masked."""
        return self._running.output

    def _report(self, timeout: float | None, on_progress: Callable[[Progress], None]) -> None:
        began = time.monotonic()
        last: Progress | None = None
        while self._running.poll() is None and (timeout is None or time.monotonic() - began < timeout):
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
        try:
            self._running.stop()
        finally:
            self._folder.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Watch:
    """Counts the records as they are written, reading each byte once."""

    _WANTED = re.compile(rb'"type": ?"(test|request)"')
    _LABEL = re.compile(rb'"(?:id|route|key)": ?"((?:[^"\\]|\\.)*)"')

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
                new = file.read()
                whole = new.rfind(b"\n") + 1
                self._read[path] = self._read.get(path, 0) + whole
                for line in new[:whole].splitlines():
                    self._count(line)
        return Progress(tests=self._tests, requests=self._requests, label=self._label)

    def _count(self, line: bytes) -> None:
        found = self._WANTED.search(line[:200])
        if found is None:
            return
        if found.group(1) == b"test":
            self._tests += 1
            with contextlib.suppress(ValueError, KeyError):
                self._label = str(json.loads(line)["id"])
        else:
            self._requests += 1


def _orders(probe: ProbeSettings, out: Path, root: Path) -> dict[str, object]:
    orders: dict[str, object] = msgspec.to_builtins(probe)
    return {"out": str(out), "root": str(root), **orders}


def lay_probe(folder: Path) -> Path:
    """Make the folder that goes first on PYTHONPATH: the probe's package and its `sitecustomize.py`, nothing else.

    Only these are seen by the user's interpreter, so that no package of pitstop's can meet one of theirs.
    """
    spec = importlib.util.find_spec("pitstop_probe")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise PitstopError("pitstop's probe is not installed", "Install pitstop again.")
    source = Path(places[0])
    shutil.copytree(source, folder / "pitstop_probe", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    shutil.copyfile(source / "_sitecustomize.py", folder / "sitecustomize.py")
    return folder


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
    if isinstance(ending, NeverEnded):
        at = f", the last known test being {ending.last}" if ending.last else ""
        raise TargetError(
            f"the run was stopped after {ending.after_s:.0f} s with {ending.passed} tests passed{at}",
            "Give it more time (`--timeout SECONDS`), or fewer tests (`--tests PATH`).",
        )
