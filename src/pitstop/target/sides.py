"""Where the database of each side is: a copy on the user's server, or a server of the side's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from pitstop.target.database import DatabaseCopy


class Side(Protocol):
    """The database of one version that runs; a context manager that makes it and removes it.

    `url` goes into the variables the service reads its address from; `data` is the one of the database that it asks, which
    has a name also where those variables have none. `allowed` is what the run may connect to, as the
    probe's contract has it. `environment` is set besides.
    """

    @property
    def url(self) -> str: ...

    @property
    def data(self) -> str: ...

    @property
    def allowed(self) -> tuple[str, ...]: ...

    @property
    def environment(self) -> Mapping[str, str]: ...

    def restore(self) -> None:
        """Make it be as it was at first."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sides(Protocol):
    """Makes the database of a side. `folder` is where relative files are seen from."""

    def side(self, folder: Path) -> Side: ...


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """Sides that are copies of the database at `url`, which may be on another machine if that is allowed."""

    url: str
    allow_remote: bool = False

    def side(self, folder: Path) -> DatabaseCopy:
        """A copy, not yet made."""
        return DatabaseCopy(self.url, folder=folder, allow_remote=self.allow_remote)
