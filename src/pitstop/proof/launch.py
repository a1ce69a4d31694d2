"""One launch of a timing: the versions started side by side, timed in lock-step, and ended whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from pitstop.errors import PitstopError
from pitstop.proof.lockstep import Echoes, LockStep
from pitstop.proof.speed import Plan
from pitstop.target.model import Target
from pitstop.workload.drive import Drive, start
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import Passed, SomeFailed, Tests, Workload

_PATIENCE_S = 120.0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a launch: the copy that runs, the URL of its own database, if it has one, and its own environment."""

    path: Path
    database: str | None = None
    environment: Mapping[str, str] | None = None


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """What one launch measured, and what went wrong in it."""

    echoes: tuple[Echoes, ...] = ()
    notes: tuple[str, ...] = ()


def launch(
    plan: Plan,
    workload: Workload,
    target: Target,
    versions: Mapping[str, Version],
    *,
    seed: int,
    databases: Sequence[str] | None,
    epoch: int | None = None,
    timeout_s: float,
) -> Launched:
    """Start each version once and time the plan's stops.

    `seed` is new for each launch: it is the seed of hashing too. Nothing that fails in a version is raised; it is said
    in `notes`. No process is left running, Ctrl-C included.
    """
    chosen = Tests(selection=plan.tests) if isinstance(workload, Tests) and plan.tests else workload
    drives: dict[str, Drive] = {}
    notes: list[str] = []
    waiters: list[threading.Thread] = []
    with LockStep(tuple(versions), plan.stops, seed=seed, patience_s=min(_PATIENCE_S, timeout_s)) as meeting:

        def wait(side: str, drive: Drive) -> None:
            try:
                driven = drive.wait(timeout=timeout_s)
                if not isinstance(driven.ending, Passed | SomeFailed):
                    notes.append(f"{side}: the run ended as {type(driven.ending).__name__}")
                notes.extend(f"{side}: {fault.where}: {fault.error}" for fault in driven.run.faults)
            except PitstopError as error:
                notes.append(f"{side}: {error.message}")
            finally:
                meeting.ended(side)

        try:
            for side, version in versions.items():
                probe = ProbeSettings(
                    watchdog_ms=0,
                    seed=seed,
                    epoch=epoch,
                    pair=meeting.address(side),
                    side=side,
                    databases=tuple(databases) if databases is not None else None,
                )
                drives[side] = start(
                    chosen,
                    target,
                    version.path,
                    probe,
                    environment=version.environment,
                    database=version.database,
                    fixed_addresses=True,
                )
            for side, drive in drives.items():
                waiters.append(threading.Thread(target=wait, args=(side, drive), daemon=True))
                waiters[-1].start()
            meeting.run()
        except PitstopError as error:
            notes.append(error.message)
        finally:
            # on a stack, so that an impatient second Ctrl-C in one stop does not cost the others
            with ExitStack() as stops:
                for drive in drives.values():
                    stops.callback(drive.stop)
            for waiter in waiters:
                waiter.join(timeout=10)
    return Launched(echoes=tuple(meeting.echoes), notes=tuple(dict.fromkeys((*meeting.notes, *notes))))
