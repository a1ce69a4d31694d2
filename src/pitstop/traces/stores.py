"""Records of commands to stores beside the SQL database, and of connections of pools, typed; see `records`."""

from __future__ import annotations

from typing import Literal

import msgspec


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


System = Literal["redis", "mongodb", "qdrant"]


class Command(_Record, frozen=True, kw_only=True):
    """One command sent to a store beside the SQL database, or one pipeline of `count` commands."""

    system: System
    """As OpenTelemetry names it."""
    operation: str
    """`GET`, `PIPELINE`, `find`; empty where the name was no command's."""
    target: str = ""
    """The key up to the first id in it, `user:?`, empty where it may say more; or the collection."""
    params: str = ""
    written: tuple[tuple[str, str, str], ...] = ()
    """Itself, or the commands of the pipeline, where they write: name, key as in `target`, and a hash of what was given. `EXEC` after those of one transaction."""
    count: int = 1
    rows: int | None = None
    """Documents that came back or were changed; None where the answer does not tell."""
    start_ns: int = 0
    duration_ns: int = 0
    stack: int = 0
    on_loop: bool = False

    @property
    def name(self) -> str:
        """What it is called in a table: `GET user:?`."""
        return f"{self.operation or self.system} {self.target}".rstrip()


class Hold(_Record, frozen=True, kw_only=True, array_like=True):
    """A connection of a pool in the hands of a request, for which it had waited before."""

    pool: int
    start_ns: int
    duration_ns: int
    waited_ns: int = 0


class Pool(_Record, frozen=True, kw_only=True, tag="pool"):
    """How a pool of SQLAlchemy's is set that requests used; ids are unique within one process. None stands for any number."""

    id: int
    kind: str
    system: str
    size: int | None = None
    overflow: int | None = None
    timeout_s: float = 0
    stack: int = 0
    """Where it was made."""
