"""The databases of the versions: where a server is bare, the tables of each version are made before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Self, cast

import pytest

from pitstop.errors import TargetError
from pitstop.target.process import Completed
from pitstop.target.servers import PrivateServers
from pitstop.traces.records import Run
from pitstop.workload.databases import Databases, Ready
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
        None, tmp_path, environment={}, elsewhere=lambda _: cast(PrivateServers, servers), tables=tables
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
