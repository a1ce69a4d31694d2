"""The databases that the versions run against: one a version, put back before each run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.target.moving import own_servers
from pitstop.target.servers import PrivateServers
from pitstop.target.sides import Database, Side, Sides
from pitstop.traces.records import Run
from pitstop.workload.model import Driven

Elsewhere = Callable[[Run], PrivateServers | None]
"""Sees the first run, and may say that all is to be run again on servers of the versions' own."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is given: the URL of its database, if it has one, and the environment it runs in.

    `data` is the URL to look into it, which has its name also where the service is told none.
    """

    url: str | None
    data: str | None
    environment: Mapping[str, str]


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """`make` makes the tables of a version, whose tree is at the path, in an empty database. Raises TargetError.

    `lacking` says of a run on such a database whether it wanted tables; None where they are made before the first.
    """

    make: Callable[[Ready, Path], None]
    lacking: Callable[[Run], bool] | None = None


class Databases:
    """One database for each version (`side`), made when first asked for; a context manager that removes them all.

    `sides` makes them; None where the service needs none that we know of. `folder` is where relative files are seen
    from, `environment` what the service runs in, by default our own. `tables` is for servers of the versions' own that nothing
    was loaded into; None where the workload makes the tables itself.
    """

    def __init__(
        self,
        sides: Sides | None,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        elsewhere: Elsewhere = lambda _: None,
        tables: Tables | None = None,
    ) -> None:
        self._sides = sides
        self._folder = folder
        self._environment = dict(os.environ if environment is None else environment)
        self._elsewhere = elsewhere
        self._tables = tables
        self._are_bare = False
        self._without: dict[str, TargetError] = {}
        self._made: dict[str, Side] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def prepare(self, side: str, tree: Path) -> Ready:
        """The database of a side, as it was at first; on a bare server with the tables of the version at `tree`.

        That they could not be made is no end, for the run may say more of why; `require_tables` raises it afterwards.
        """
        if self._sides is None:
            return Ready(url=None, data=None, environment=self._environment)
        if side not in self._made:
            self._made[side] = self._stack.enter_context(self._sides.side(self._folder))
        else:
            self._made[side].restore()
        made = self._made[side]
        ready = Ready(url=made.url, data=made.data, environment={**self._environment, **made.environment})
        self._without.pop(side, None)
        if self._are_bare and self._tables is not None:
            try:
                self._tables.make(ready, tree)
            except TargetError as error:
                self._without[side] = error
        return ready

    def require_tables(self, side: str) -> None:
        """Raise the TargetError with which the tables of a side could not be made, if they could not."""
        if side in self._without:
            raise self._without[side]

    def data(self, side: str) -> str | None:
        """The URL of a side's database that was made here, to look into it; None where there is none."""
        made = self._made.get(side)
        return made.data if made is not None else None

    def allowed(self, others: Sequence[str]) -> tuple[str, ...]:
        """What a run may connect to, as the probe's contract has it: `others`, and the databases made here."""
        return (*others, *(entry for made in self._made.values() for entry in made.allowed))

    def first(self, run: Callable[[], Driven], on_progress: Callable[[str], None]) -> Driven:
        """The first run of the service, however it ended; on servers of its own if it turns out to need them."""
        driven = run()
        servers = self._elsewhere(driven.run)
        if servers is not None:
            on_progress("starting a database server for each version")
            self._stack.close()
            self._made.clear()
            self._sides = self._stack.enter_context(servers)
            waits = self._tables is not None and self._tables.lacking is not None
            self._are_bare = servers.are_bare and not waits
            on_progress("running the unchanged app on a server of its own")
            driven = run()
            if servers.are_bare and waits:
                driven = self._with_tables(driven, run, on_progress)
        return driven

    def _with_tables(
        self, bare: Driven, run: Callable[[], Driven], on_progress: Callable[[str], None]
    ) -> Driven:
        """The run with tables, where the one without wanted them and they can be made; else the one without."""
        assert self._tables is not None
        if self._tables.lacking is None or not self._tables.lacking(bare.run):
            return bare
        on_progress("running the unchanged app with the tables that it wants")
        self._are_bare = True
        try:
            driven = run()
            if not self._without:
                return driven
        except TargetError:
            if not self._without:
                raise
        self._are_bare = False
        self._without.clear()
        return bare


def servers_for(
    run: Run,
    target: Target,
    given: Database | None,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> PrivateServers | None:
    """Servers of the versions' own, where tests fail because a database was refused; None where that is no help.

    See `target.moving.own_servers`, which raises and says what could not be done.
    """
    if run.tests and all(test.outcome in {"passed", "skipped"} for test in run.tests):
        return None
    refused = [each.address for each in run.refused]
    return own_servers(target, refused, given, environment=environment, say=say)
