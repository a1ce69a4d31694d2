"""A command that runs in the copy with the probe inside."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from pitstop.errors import PitstopError
from pitstop.target.model import Target
from pitstop.target.process import Running
from pitstop.target.variables import assign
from pitstop.temporary import TemporaryFolder
from pitstop.traces.tally import Tallies
from pitstop.workload.environment import run_environment

PROBE_VARIABLE = "PITSTOP_PROBE"
_SINCE = time.time() - 1
"""When this pitstop began, with a second for file systems whose clock is coarse."""


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What the probe is told to do; see "The probe's contract" in ARCHITECTURE.md. `out`, `counts`, `root` and `since` are set by
    the run."""

    exclude: tuple[str, ...] = ()
    watchdog_ms: float = 20
    bodies: bool = True
    seed: int | None = None
    epoch: int | None = None
    hits: dict[str, tuple[int, ...]] = {}
    databases: tuple[str, ...] | None = None
    pair: str | None = None
    mingle: tuple[str, ...] = ()
    side: str = ""
    replayable: bool = False
    plans: bool = False
    reversed: bool = False
    work: bool = False
    phases: bool = False
    samples: bool = False
    offline: bool = False
    memory: bool = False
    files: bool = False
    writes: bool = False
    caches: bool = False


class Launched:
    """A command that runs in the copy with the probe inside. `out` is the folder of the probe's records, gone after `stop`."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        target: Target,
        workspace_path: Path,
        probe: ProbeSettings,
        *,
        environment: Mapping[str, str] | None,
        database: str | None,
        fixed_addresses: bool = False,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        """Start the command. Raises TargetError when it cannot be started."""
        workspace = workspace_path.resolve()
        self._folder = TemporaryFolder("pitstop-run-")
        self.out = self._folder.path / "out"
        self._tallies: Tallies | None = None
        try:
            probe_folder = lay_probe(self._folder.path / "probe")
            config = self._folder.path / "probe.json"
            self.out.mkdir()
            self._tallies = Tallies(self._folder.path / "tallies")
            orders: dict[str, object] = {"out": str(self.out), "counts": str(self._tallies.path)}
            orders |= {"root": str(workspace), "since": _SINCE, **msgspec.to_builtins(probe)}
            config.write_text(json.dumps(orders), "utf-8")
            base = dict(os.environ if environment is None else environment)
            set_now = assign(target.databases, database) if database else {}
            self.running = Running(
                command,
                cwd=cwd,
                environment=run_environment(
                    target,
                    workspace,
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
            self._remove()
            raise

    @property
    def counts(self) -> Path | None:
        """The folder in which processes count what they begin, so that what left no record is known."""
        return self._tallies.path if self._tallies is not None else None

    def stop(self) -> None:
        """End it at once, and remove what it wrote. Does nothing twice."""
        try:
            self.running.stop()
        finally:
            self._remove()

    def _remove(self) -> None:
        try:
            self._folder.remove()
        finally:
            if self._tallies is not None:
                self._tallies.remove()


def lay_probe(folder: Path) -> Path:
    """Make the folder that goes first on PYTHONPATH: the probe's package and its `sitecustomize.py`, nothing else.

    Only these are seen by the user's interpreter, so that no package of pitstop's can meet one of theirs. What pip has compiled
    goes with them, for that interpreter may not write: it saves a process a tenth of a second.
    """
    spec = importlib.util.find_spec("pitstop_probe")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise PitstopError("pitstop's probe is not installed", "Install pitstop again.")
    source = Path(places[0])
    # A process that is just compiling has a file of its own beside.
    shutil.copytree(source, folder / "pitstop_probe", ignore=shutil.ignore_patterns("*.pyc.*"))
    shutil.copyfile(source / "_sitecustomize.py", folder / "sitecustomize.py")
    return folder
