"""How long an app takes to be imported, or to start, in a process of its own with the probe inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.temporary import TemporaryFolder
from pitstop.workload.launched import Launched, ProbeSettings


class StartUp(msgspec.Struct, frozen=True, kw_only=True):
    """What passed until the app was there, in nanoseconds."""

    wall_ns: int
    cpu_ns: int


def start_up(
    target: Target,
    workspace_path: Path,
    cache: Path,
    *,
    lifespan: bool,
    databases: Sequence[str] | None,
    database: str | None,
    environment: Mapping[str, str] | None,
    timeout_s: float,
) -> StartUp:
    """Import the app in a copy once, and with `lifespan` start it. `cache` is a folder for what is compiled of it.

    Raises TargetError where there is no app, or it cannot be started.
    """
    if target.app is None:
        raise TargetError(
            f"no app was found in {target.root} that could be started", "Name it: `--app module:name`."
        )
    with TemporaryFolder() as folder:
        report = folder.path / "report.json"
        launched = Launched(
            [
                str(target.interpreter.path),
                "-m",
                "pitstop_probe.starting",
                target.app.spec,
                f"--report={report}",
                f"--cache={cache}",
                *(["--lifespan"] if lifespan else []),
            ],
            workspace_path.resolve() / target.start,
            target,
            workspace_path,
            ProbeSettings(
                bodies=False,
                watchdog_ms=0,
                seed=0,
                databases=tuple(databases) if databases is not None else None,
            ),
            environment=environment,
            database=database,
            fixed_addresses=True,
        )
        try:
            completed = launched.running.wait(timeout_s)
        finally:
            launched.stop()
        try:
            return msgspec.json.decode(report.read_bytes(), type=StartUp)
        except (OSError, msgspec.MsgspecError):
            last = completed.output.strip().splitlines()[-1:] or [f"exit code {completed.returncode}"]
            raise TargetError(f"the app could not be started by itself: {last[0]}") from None
