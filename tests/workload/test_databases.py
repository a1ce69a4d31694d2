"""The databases of the versions: where a server is bare, the tables of each version are made before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Self, cast

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.target.process import Completed
from pitstop.target.servers import PrivateServers
from pitstop.traces.records import Exchange, Run, TestOutcome
from pitstop.workload.databases import Databases, Ready, Tables
from pitstop.workload.migrations import lacks_tables
from pitstop.workload.model import Driven, Passed


class Server:
    """One side, and how often it was put back."""

    url = data = "postgresql://127.0.0.1:1/main"
    allowed = ("postgresql://127.0.0.1:1/*",)
    environment = {"PGPORT": "1"}  # noqa: RUF012

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def restore(self) -> None:
        self._told.append("restored")

    def __enter__(self) -> Self:
        self._told.append("made")
        return self

    def __exit__(self, *_: object) -> None:
        self._told.append("removed")


class Servers:
    """Stands for servers that are started."""

    def __init__(self, told: list[str], *, are_bare: bool) -> None:
        self.told, self.are_bare = told, are_bare

    def side(self, folder: Path) -> Server:
        del folder
        return Server(self.told)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.told.append("ended")


@pytest.mark.parametrize("are_bare", [True, False])
def test_tables_are_made_on_bare_servers_alone(tmp_path: Path, are_bare: bool) -> None:
    told: list[str] = []
    servers = Servers(told, are_bare=are_bare)

    def tables(ready: Ready, tree: Path) -> None:
        told.append(f"{ready.data} of {tree.name}")
        if tree.name == "broken":
            raise TargetError("no metadata", "Import it.")

    databases = Databases(
        None,
        tmp_path,
        environment={},
        elsewhere=lambda _: cast(PrivateServers, servers),
        tables=Tables(make=tables),
    )

    def run() -> Driven:
        databases.prepare("before", tmp_path / "tree")
        completed = Completed(command=(), returncode=0, timed_out=False, duration_s=0.0, output="")
        return Driven(ending=Passed(), run=Run(exchanges=()), completed=completed)

    made = ["postgresql://127.0.0.1:1/main of tree"] if are_bare else []
    with databases:
        databases.first(run, lambda _: None)
        # the first run has no database, so nothing is made for it
        assert told == ["made", *made]
        databases.prepare("before", tmp_path / "broken")
        assert told[len(made) + 1 : len(made) + 2] == ["restored"]
        if are_bare:
            with pytest.raises(TargetError, match="no metadata"):
                databases.require_tables("before")
        databases.prepare("before", tmp_path / "tree")
        databases.require_tables("before")
    assert told[-2:] == ["removed", "ended"]


@pytest.mark.parametrize(("wants", "fails"), [(False, False), (True, False), (True, True)])
def test_tables_of_tests_are_made_where_they_are_lacking(tmp_path: Path, wants: bool, fails: bool) -> None:
    """A suite that makes its tables itself is left to do so; one that cannot be helped runs as it did."""
    told: list[str] = []
    servers = Servers(told, are_bare=True)

    def migrate(ready: Ready, tree: Path) -> None:
        told.append(f"migrated {ready.data} by {tree.name}")
        if fails:
            raise TargetError("the migrations need a setting")

    databases = Databases(
        None,
        tmp_path,
        environment={},
        elsewhere=lambda _: cast(PrivateServers, servers),
        tables=Tables(make=migrate, lacking=lambda _: wants),
    )

    def run() -> Driven:
        databases.prepare("before", tmp_path)
        told.append("run")
        completed = Completed(command=(), returncode=0, timed_out=False, duration_s=0.0, output="")
        return Driven(ending=Passed(), run=Run(exchanges=()), completed=completed)

    with databases:
        databases.first(run, lambda _: None)
        first = ["run", "made", "run"]
        migrated = f"migrated {Server.data} by {tmp_path.name}"
        assert told == [*first, *(["restored", migrated, "run"] if wants else [])]
        del told[:]
        databases.prepare("before", tmp_path)
        databases.require_tables("before")
        assert told == ["restored", *([migrated] if wants and not fails else [])]


def test_a_table_that_is_not_there_is_seen_in_tests_and_answers() -> None:
    said = 'asyncpg.exceptions.UndefinedTableError: relation "users" does not exist'
    failed = TestOutcome(id="a", outcome="error", message=said)
    assert lacks_tables(Run(tests=(failed,)))
    assert not lacks_tables(Run(tests=(msgspec.structs.replace(failed, outcome="passed"),)))
    assert lacks_tables(Run(exchanges=(Exchange(key="a#1", method="GET", path="/", status=500, error=said),)))
    other = 'duplicate key value violates unique constraint of relation "users"'
    assert not lacks_tables(Run(tests=(TestOutcome(id="a", outcome="failed", message=other),)))
