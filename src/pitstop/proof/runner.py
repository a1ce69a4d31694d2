"""Runs of the versions that a proof compares: each in a copy of the tree with a database of its own, alone or timed side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import msgspec

from pitstop.data import FileChange
from pitstop.errors import TargetError
from pitstop.proof.launch import Version, launch
from pitstop.proof.lockstep import Echoes
from pitstop.proof.speed import BEFORE, Plan, Timing
from pitstop.proof.starting import compare_starts
from pitstop.target.model import Target
from pitstop.target.workspace import Workspace
from pitstop.temporary import TemporaryFolder
from pitstop.traces.records import Run
from pitstop.workload.databases import Databases
from pitstop.workload.drive import Drive, require, start
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import Driven, Tests, Workload
from pitstop.workload.starting import StartUp, start_up

SEED = 7
"""The seed of the runs that are compared. Each timing launch has one of its own."""

_SPARE_LAUNCHES = 2


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is for besides what all are. `plans`: plans, phases and samples of statements. `backwards`: rows in the opposite order
    where no statement names one. `memory`: what each request allocates. `mingle`: the routes whose requests are tried with others
    under way. The latter three make a run good for nothing else. `hits`: the lines whose execution is noted, by path. `tests` are the
    node ids to be run, if not all."""

    plans: bool = False
    backwards: bool = False
    memory: bool = False
    mingle: tuple[str, ...] = ()
    hits: Mapping[str, Sequence[int]] = {}
    tests: tuple[str, ...] = ()


PLAIN = Look()


class Runner:
    """Starts versions of the app. Whatever it starts is stopped when `stack` is closed.

    `allowed` is what the app may connect to besides the proof's own databases; None for anything.
    """

    def __init__(
        self,
        target: Target,
        workload: Workload,
        databases: Databases,
        stack: ExitStack,
        *,
        timeout_s: float,
        launches: int,
        allowed: Sequence[str] | None,
        on_progress: Callable[[str], None],
    ) -> None:
        self._target = target
        self._workload = workload
        self._databases = databases
        self._stack = stack
        self._timeout_s = timeout_s
        self._launches = launches
        self._allowed = allowed
        self._progress = on_progress
        # One moment for all runs of a proof: they may go on past midnight, and SQL's `now()` is not far from it.
        self._epoch = int(time.time())

    def _may_connect_to(self) -> tuple[str, ...] | None:
        return None if self._allowed is None else self._databases.allowed(self._allowed)

    def start(
        self,
        workspace: Workspace,
        side: str,
        look: Look = PLAIN,
    ) -> Drive:
        """Start the workload in a copy of the tree, with a database of its own."""
        ready = self._databases.prepare(side, workspace.path)
        probe = ProbeSettings(
            seed=SEED,
            writes=True,
            epoch=self._epoch,
            hits={path: tuple(lines) for path, lines in look.hits.items()},
            databases=self._may_connect_to(),
            plans=look.plans,
            phases=look.plans,
            samples=look.plans,
            reversed=look.backwards,
            memory=look.memory,
            mingle=look.mingle,
            # SQLite asks Python to count, and waits for it: a second thread on the same connection may have Python wait for SQLite
            work=not look.mingle,
        )
        drive = start(
            self._workload_of(look.tests),
            self._target,
            workspace.path,
            probe,
            environment=ready.environment,
            database=ready.url,
        )
        self._stack.callback(drive.stop)
        return drive

    def _workload_of(self, tests: tuple[str, ...]) -> Workload:
        return Tests(selection=tests) if tests and isinstance(self._workload, Tests) else self._workload

    def wait(self, drive: Drive, side: str) -> Run:
        """What a run left. Raises TargetError where it did not come to its end."""
        return self.ended(drive.wait(timeout=self._timeout_s), side)

    def ended(self, driven: Driven, side: str) -> Run:
        """The run of a workload that came to its end. Raises TargetError where it did not, or had no tables to work with."""
        require(driven.ending)
        self._databases.require_tables(side)
        return driven.run

    def unchanged(
        self,
        workspace: Workspace,
        without: Sequence[Sequence[FileChange]] = (),
        look: Look = PLAIN,
    ) -> Driven:
        """Run a tree as it is, less some changes, given in the order in which they were written."""
        with ExitStack() as stack:
            clone = workspace.clone()
            stack.callback(clone.close)
            for changes in reversed(without):
                clone.revert(changes)
            return self.start(clone, BEFORE, look).wait(
                timeout=self._timeout_s,
                on_progress=lambda now: self._progress(
                    f"{now.tests} tests, {now.requests} requests of the unchanged app"
                ),
            )

    def timed(
        self, plan: Plan, versions: Mapping[str, tuple[Workspace, Version]], *, first: int
    ) -> tuple[list[tuple[Echoes, ...]], list[str]]:
        """Time the versions side by side, in as many launches as it takes; each has a seed of its own, from `first` on.

        Returns what each launch measured, and in words what went wrong.
        """
        measured: list[tuple[Echoes, ...]] = []
        notes: list[str] = []
        for number in range(self._launches + _SPARE_LAUNCHES):
            if len(measured) == self._launches:
                break
            self._progress(f"timing, launch {len(measured) + 1} of {self._launches}: {plan.what}")
            try:
                sides = self._ready(versions)
            except TargetError as error:
                notes.append(error.message)
                continue
            launched = launch(
                plan,
                self._workload,
                self._target,
                sides,
                seed=SEED + first + number,
                databases=self._may_connect_to(),
                epoch=self._epoch,
                timeout_s=self._timeout_s,
            )
            notes += launched.notes
            if launched.echoes:
                measured.append(launched.echoes)
            elif number >= _SPARE_LAUNCHES and not measured:
                break
        return measured, list(dict.fromkeys(notes))

    def started(self, versions: Mapping[str, tuple[Workspace, Version]]) -> tuple[Timing | None, list[str]]:
        """How long the versions take until the app is imported; with requests of our own, until it has started. In words, why not."""
        self._progress("timing how both versions start")
        try:
            sides = self._ready(versions)
        except TargetError as error:
            return None, [error.message]
        with TemporaryFolder() as caches:

            def start(side: str) -> StartUp:
                version = sides[side]
                return start_up(
                    self._target,
                    version.path,
                    caches.path / side,
                    # what the app does then, its own tests may well spare it
                    lifespan=not isinstance(self._workload, Tests),
                    databases=self._may_connect_to(),
                    database=version.database,
                    environment=version.environment,
                    timeout_s=self._timeout_s,
                )

            timing, note = compare_starts(start, SEED)
        return timing, [note] if note else []

    def _ready(self, versions: Mapping[str, tuple[Workspace, Version]]) -> dict[str, Version]:
        """The versions as they were before any run, each with its database. Raises TargetError where one has no tables."""
        sides: dict[str, Version] = {}
        for side, (clone, version) in versions.items():
            clone.restore()
            ready = self._databases.prepare(side, clone.path)
            sides[side] = msgspec.structs.replace(version, database=ready.url, environment=ready.environment)
        for side in sides:
            self._databases.require_tables(side)
        return sides
