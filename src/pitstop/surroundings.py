"""What the settings say of where a service runs: its environment, its database, and servers of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from pitstop.data import Skipped
from pitstop.settings import Settings
from pitstop.target.model import Target
from pitstop.target.servers import PrivateServers
from pitstop.target.sides import Database
from pitstop.target.urls import DatabaseURL
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Run
from pitstop.workload.databases import Elsewhere, servers_for

_OWN = "so each version has a PostgreSQL server of its own"


class Noted(Protocol):
    """Where it is noted how the service is run after all, and what cannot be done."""

    target: Target | None
    skipped: list[Skipped]


def environment_of(settings: Settings) -> Mapping[str, str]:
    """What the service runs in: our own environment, and what the settings add."""
    return {**os.environ, **settings.environment}


def given_database(settings: Settings) -> Database | None:
    """The database that the user named, of which each version gets a copy."""
    if not settings.database:
        return None
    return Database(url=settings.database, allow_remote=settings.allow_remote_database)


def in_tree(settings: Settings, target: Target, workspace: Workspace) -> str | None:
    """The URL of the named SQLite file in the copy of the tree, where no variable could name another to the service.

    The service opens that file by itself then, so it is the one to be filled; a second copy would be seen by nobody.
    """
    url = DatabaseURL.parse(settings.database) if settings.database and not target.databases else None
    if url is None or url.system != "sqlite" or url.in_memory:
        return None
    file, root = url.file(workspace.root / target.start).resolve(), workspace.root.resolve()
    if not file.is_relative_to(root) or not file.is_file():
        return None
    return f"sqlite:///{workspace.path.resolve() / file.relative_to(root)}"


def copied_database(settings: Settings, target: Target, workspace: Workspace) -> Database | None:
    """The database of which each version gets a copy; None for a file that comes along with each copy of the tree."""
    return None if in_tree(settings, target, workspace) is not None else given_database(settings)


def opened_file(target: Target, workspace: Workspace) -> str | None:
    """The URL of the SQLite file in the copy of the tree that a variable names by itself, if there is one."""
    for variable in target.databases:
        if variable.part == "url" and variable.value.startswith("sqlite"):
            url = DatabaseURL.parse(variable.value)
            file = Path() if url.in_memory else url.file(workspace.path / target.start).resolve()
            if file.is_file() and file.is_relative_to(workspace.path.resolve()):
                return f"sqlite:///{file}"
    return None


def elsewhere(record: Noted, settings: Settings) -> Elsewhere:
    """Servers of the versions' own, where the run fails because it opens databases past the URL that it is given."""

    def decide(run: Run) -> PrivateServers | None:
        target = record.target
        assert target is not None
        servers = servers_for(
            run,
            target,
            given_database(settings),
            environment_of(settings),
            lambda reason: record.skipped.append(Skipped(stage="measure", subject="database", reason=reason)),
        )
        if servers is not None:
            is_given = given_database(settings) is not None
            why = "its tests name others" if run.tests and is_given else "no copy of it was given"
            found = target.found["database"].removesuffix(said := f"; {why}, {_OWN}")
            record.target = msgspec.structs.replace(
                target, found={**target.found, "database": f"{found}{said}"}
            )
        return servers

    return decide
